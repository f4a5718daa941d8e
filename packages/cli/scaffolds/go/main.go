// PLUGIN_NAME: a plugin in a process of its own. The engine starts it and asks for what rules use.
package main

import (
	"fmt"
	"os"
//<source>
	"time"
//</source>

	"kuiper-ts/sdk/go/api"
	"kuiper-ts/sdk/go/runtime"
)
//<function>

// Greet is a function: SELECT FUNCTION_NAME(name) AS greeting FROM demo
type Greet struct{}

// Validate is asked when a rule is created: what is wrong with its call, or nil.
func (f *Greet) Validate(args []interface{}) error {
	if len(args) != 1 {
		return fmt.Errorf("one argument is expected, found %d", len(args))
	}
	return nil
}

func (f *Greet) IsAggregate() bool { return false }

// Exec is called for each row. An error with false is the error of that row; the rule goes on.
func (f *Greet) Exec(args []interface{}, ctx api.FunctionContext) (interface{}, bool) {
	name, isText := args[0].(string)
	if !isText {
		return fmt.Errorf("a text is expected, found %v", args[0]), false
	}
	// What is kept in the context survives restarts of this process.
	if err := ctx.IncrCounter("calls", 1); err != nil {
		return err, false
	}
	if calls, _ := ctx.GetCounter("calls"); calls == 1 {
		ctx.GetLogger().Infof("greets for rule %s", ctx.GetRuleId())
	}
	return fmt.Sprintf("Hello, %s!", name), true
}
//</function>
//<source>

// Repeat is a source: CREATE STREAM demo () WITH (TYPE="SOURCE_NAME")
type Repeat struct {
	message  string
	interval time.Duration
}

// Configure takes over the properties: defaults from sources/SOURCE_NAME.yaml, then those of the stream.
func (s *Repeat) Configure(_ string, props map[string]interface{}) error {
	s.message, s.interval = "hello", time.Second
	if message, ok := props["message"]; ok {
		s.message = fmt.Sprint(message)
	}
	if interval, ok := props["interval"]; ok {
		var milliseconds float64
		if _, err := fmt.Sscan(fmt.Sprint(interval), &milliseconds); err != nil || milliseconds <= 0 {
			return fmt.Errorf("interval must be a number of milliseconds, not %v", interval)
		}
		s.interval = time.Duration(milliseconds * float64(time.Millisecond))
	}
	return nil
}

// Open sends rows until the context is done.
func (s *Repeat) Open(ctx api.StreamContext, rows chan<- api.SourceTuple, errs chan<- error) {
	ctx.GetLogger().Infof("starts for rule %s", ctx.GetRuleId())
	for {
		// What is kept in the context survives restarts of this process.
		if err := ctx.IncrCounter("sent", 1); err != nil {
			errs <- err
			return
		}
		count, _ := ctx.GetCounter("sent")
		row := map[string]interface{}{"count": count, "message": s.message}
		select {
		case rows <- api.NewDefaultSourceTuple(row, nil):
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(s.interval):
		case <-ctx.Done():
			return
		}
	}
}

func (s *Repeat) Close(_ api.StreamContext) error { return nil }
//</source>
//<sink>

// Log is an action: {"SINK_NAME": {"prefix": "got", "sendSingle": true}}
type Log struct {
	prefix string
}

// Configure takes over the properties of the action. An error refuses the rule.
func (s *Log) Configure(props map[string]interface{}) error {
	s.prefix = "received"
	if prefix, ok := props["prefix"]; ok {
		s.prefix = fmt.Sprint(prefix)
	}
	return nil
}

func (s *Log) Open(ctx api.StreamContext) error {
	ctx.GetLogger().Infof("starts for rule %s", ctx.GetRuleId())
	return nil
}

// Collect is called for each output.
func (s *Log) Collect(ctx api.StreamContext, data interface{}) error {
	ctx.GetLogger().Infof("%s %s", s.prefix, data)
	return nil
}

func (s *Log) Close(_ api.StreamContext) error { return nil }
//</sink>

func main() {
	runtime.Start(os.Args, &runtime.PluginConfig{
		Name: "PLUGIN_NAME",
//<source>
		Sources: map[string]runtime.NewSourceFunc{
			"SOURCE_NAME": func() api.Source { return &Repeat{} },
		},
//</source>
//<sink>
		Sinks: map[string]runtime.NewSinkFunc{
			"SINK_NAME": func() api.Sink { return &Log{} },
		},
//</sink>
//<function>
		Functions: map[string]runtime.NewFunctionFunc{
			"FUNCTION_NAME": func() api.Function { return &Greet{} },
		},
//</function>
	})
}
