package runtime

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"kuiper-ts/sdk/go/api"
)

// state is a copy of what the engine keeps, and what has changed in it.
type state struct {
	lock    sync.Mutex
	values  map[string]interface{}
	puts    map[string]interface{}
	deletes map[string]bool
	used    bool
}

func newState(values map[string]interface{}) *state {
	if values == nil {
		values = map[string]interface{}{}
	}
	return &state{values: values, puts: map[string]interface{}{}, deletes: map[string]bool{}}
}

func (s *state) get(key string) interface{} {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.used = true
	return s.values[key]
}

func (s *state) put(key string, value interface{}) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.used = true
	s.values[key] = value
	s.puts[key] = value
	delete(s.deletes, key)
}

func (s *state) remove(key string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.used = true
	if _, ok := s.values[key]; !ok {
		return
	}
	delete(s.values, key)
	delete(s.puts, key)
	s.deletes[key] = true
}

func (s *state) isUsed() bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.used
}

// takeChanges returns what is to be put and what is to be deleted; nil for nothing.
func (s *state) takeChanges() (interface{}, interface{}) {
	s.lock.Lock()
	defer s.lock.Unlock()
	var puts, deletes interface{}
	if len(s.puts) > 0 {
		puts = s.puts
		s.puts = map[string]interface{}{}
	}
	if len(s.deletes) > 0 {
		keys := make([]interface{}, 0, len(s.deletes))
		for key := range s.deletes {
			keys = append(keys, key)
		}
		deletes = keys
		s.deletes = map[string]bool{}
	}
	return puts, deletes
}

type meta struct {
	RuleId     string `json:"ruleId"`
	OpId       string `json:"opId"`
	InstanceId int    `json:"instanceId"`
	FuncId     int    `json:"funcId"`
}

// symbolContext is what all kinds of symbols are given.
type symbolContext struct {
	context.Context
	meta  meta
	state *state
	props map[string]string
}

func newContext(parent context.Context, m meta, values map[string]interface{}) *symbolContext {
	return &symbolContext{Context: parent, meta: m, state: newState(values)}
}

func (c *symbolContext) GetLogger() api.Logger {
	return logger{prefix: fmt.Sprintf("rule=%s op=%s ", c.meta.RuleId, c.meta.OpId)}
}
func (c *symbolContext) GetRuleId() string  { return c.meta.RuleId }
func (c *symbolContext) GetOpId() string    { return c.meta.OpId }
func (c *symbolContext) GetInstanceId() int { return c.meta.InstanceId }
func (c *symbolContext) GetFuncId() int     { return c.meta.FuncId }

func (c *symbolContext) WithMeta(ruleId string, opId string) api.StreamContext {
	derived := *c
	derived.meta.RuleId, derived.meta.OpId = ruleId, opId
	return &derived
}

func (c *symbolContext) WithInstance(instanceId int) api.StreamContext {
	derived := *c
	derived.meta.InstanceId = instanceId
	return &derived
}

func (c *symbolContext) WithCancel() (api.StreamContext, context.CancelFunc) {
	derived := *c
	inner, cancel := context.WithCancel(c.Context)
	derived.Context = inner
	return &derived, cancel
}

func (c *symbolContext) GetState(key string) (interface{}, error) { return c.state.get(key), nil }

func (c *symbolContext) PutState(key string, value interface{}) error {
	c.state.put(key, value)
	return nil
}

func (c *symbolContext) DeleteState(key string) error {
	c.state.remove(key)
	return nil
}

func (c *symbolContext) IncrCounter(key string, amount int) error {
	count, err := c.GetCounter(key)
	if err == nil {
		c.state.put(key, int64(count+amount))
	}
	return err
}

func (c *symbolContext) GetCounter(key string) (int, error) {
	switch value := c.state.get(key).(type) {
	case nil:
		return 0, nil
	case int:
		return value, nil
	case int64:
		return int(value), nil
	case float64:
		if value == float64(int(value)) {
			return int(value), nil
		}
	}
	return 0, fmt.Errorf("state[%s] must be an int", key)
}

func (c *symbolContext) DynamicProps(template string) (string, bool) {
	rendered, ok := c.props[template]
	return rendered, ok
}

func (c *symbolContext) AllProps() map[string]string { return c.props }

// logger prints to the streams that the engine copies into its log.
type logger struct{ prefix string }

func (l logger) print(file *os.File, level string, text string) {
	fmt.Fprintf(file, "%s %s%s\n", level, l.prefix, strings.TrimRight(text, "\n"))
}

func (l logger) Debug(args ...interface{})                 {}
func (l logger) Info(args ...interface{})                  { l.print(os.Stdout, "info", fmt.Sprint(args...)) }
func (l logger) Warn(args ...interface{})                  { l.print(os.Stderr, "warn", fmt.Sprint(args...)) }
func (l logger) Error(args ...interface{})                 { l.print(os.Stderr, "error", fmt.Sprint(args...)) }
func (l logger) Debugln(args ...interface{})               {}
func (l logger) Infoln(args ...interface{})                { l.print(os.Stdout, "info", fmt.Sprintln(args...)) }
func (l logger) Warnln(args ...interface{})                { l.print(os.Stderr, "warn", fmt.Sprintln(args...)) }
func (l logger) Errorln(args ...interface{})               { l.print(os.Stderr, "error", fmt.Sprintln(args...)) }
func (l logger) Debugf(format string, args ...interface{}) {}
func (l logger) Infof(format string, args ...interface{}) {
	l.print(os.Stdout, "info", fmt.Sprintf(format, args...))
}
func (l logger) Warnf(format string, args ...interface{}) {
	l.print(os.Stderr, "warn", fmt.Sprintf(format, args...))
}
func (l logger) Errorf(format string, args ...interface{}) {
	l.print(os.Stderr, "error", fmt.Sprintf(format, args...))
}
