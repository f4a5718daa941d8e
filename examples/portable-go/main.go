// A source, a sink, two functions and a lookup source. Runs on Kuiper TS and, without what is kept, on eKuiper.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"kuiper-ts/sdk/go/api"
	"kuiper-ts/sdk/go/runtime"
)

// ticker counts, from where it was when it stopped.
type ticker struct {
	device   string
	interval time.Duration
}

func (t *ticker) Configure(datasource string, props map[string]interface{}) error {
	t.device = datasource
	t.interval = time.Second
	if ms, ok := props["interval"].(float64); ok {
		t.interval = time.Duration(ms) * time.Millisecond
	}
	if t.interval <= 0 {
		return errors.New("interval must be positive")
	}
	return nil
}

func (t *ticker) Open(ctx api.StreamContext, consumer chan<- api.SourceTuple, errCh chan<- error) {
	tick := time.NewTicker(t.interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := ctx.IncrCounter("n", 1); err != nil {
				errCh <- err
				continue
			}
			n, _ := ctx.GetCounter("n")
			row := map[string]interface{}{"n": n, "half": float64(n) / 2, "device": t.device}
			consumer <- api.NewDefaultSourceTuple(row, map[string]interface{}{"nr": n})
		case <-ctx.Done():
			return
		}
	}
}

func (t *ticker) Close(api.StreamContext) error { return nil }

// journal appends numbered lines to a file, whose name may depend on the row: "path": "/tmp/{{.device}}.log".
type journal struct{ path string }

func (j *journal) Configure(props map[string]interface{}) error {
	j.path, _ = props["path"].(string)
	if j.path == "" {
		return errors.New("path is missing")
	}
	return nil
}

func (j *journal) Open(ctx api.StreamContext) error {
	ctx.GetLogger().Infof("writes to %s", j.path)
	return nil
}

func (j *journal) Collect(ctx api.StreamContext, data interface{}) error {
	path, ok := ctx.DynamicProps(j.path)
	if !ok {
		path = j.path
	}
	if err := ctx.IncrCounter("lines", 1); err != nil {
		return err
	}
	number, _ := ctx.GetCounter("lines")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = fmt.Fprintf(file, "%d %s\n", number, data)
	return err
}

func (j *journal) Close(api.StreamContext) error { return nil }

// average is that of all values so far.
type average struct{}

func (average) Validate(args []interface{}) error {
	if len(args) != 1 {
		return fmt.Errorf("expects one argument but got %d", len(args))
	}
	if node, ok := args[0].(map[string]interface{}); ok && node["literal"] == "string" {
		return errors.New("expects a number")
	}
	return nil
}

func number(value interface{}) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	return 0
}

func (average) Exec(args []interface{}, ctx api.FunctionContext) (interface{}, bool) {
	kept, err := ctx.GetState("total")
	if err != nil {
		return err, false
	}
	total := number(kept) + number(args[0])
	if err := ctx.PutState("total", total); err != nil {
		return err, false
	}
	if err := ctx.IncrCounter("count", 1); err != nil {
		return err, false
	}
	count, _ := ctx.GetCounter("count")
	return total / float64(count), true
}

func (average) IsAggregate() bool { return false }

// echo gives its argument back, whatever kind that has.
type echo struct{}

func (echo) Validate([]interface{}) error { return nil }
func (echo) Exec(args []interface{}, _ api.FunctionContext) (interface{}, bool) {
	return args[0], true
}
func (echo) IsAggregate() bool { return false }

type sites struct{ prefix string }

func (s *sites) Configure(datasource string, _ map[string]interface{}) error {
	s.prefix = datasource
	return nil
}
func (s *sites) Open(api.StreamContext) error  { return nil }
func (s *sites) Close(api.StreamContext) error { return nil }
func (s *sites) Lookup(_ api.StreamContext, _ []string, keys []string, values []interface{}) ([]map[string]interface{}, error) {
	row := map[string]interface{}{"site": fmt.Sprintf("%s %v", s.prefix, values[0])}
	for i, key := range keys {
		row[key] = values[i]
	}
	return []map[string]interface{}{row}, nil
}

func main() {
	runtime.Start(os.Args, &runtime.PluginConfig{
		Name:      "goexample",
		Sources:   map[string]runtime.NewSourceFunc{"tickerGo": func() api.Source { return &ticker{} }},
		Sinks:     map[string]runtime.NewSinkFunc{"journalGo": func() api.Sink { return &journal{} }},
		Functions: map[string]runtime.NewFunctionFunc{"averageGo": func() api.Function { return average{} }, "echoGo": func() api.Function { return echo{} }},
		Lookups:   map[string]runtime.NewLookupFunc{"sitesGo": func() api.LookupSource { return &sites{} }},
	})
}
