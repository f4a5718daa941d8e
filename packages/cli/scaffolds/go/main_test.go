// go test
package main

import (
	"fmt"
	"testing"

	"kuiper-ts/sdk/go/api"
)

// fake is as much of a context as the plugin uses.
type fake struct {
	api.FunctionContext
	lines []string
	count int
	done  chan struct{}
}

func newFake() *fake { return &fake{done: make(chan struct{})} }

func (f *fake) GetRuleId() string              { return "r1" }
func (f *fake) GetLogger() api.Logger          { return logger{to: f} }
func (f *fake) Done() <-chan struct{}          { return f.done }
func (f *fake) IncrCounter(string, int) error  { f.count++; return nil }
func (f *fake) GetCounter(string) (int, error) { return f.count, nil }

type logger struct {
	api.Logger
	to *fake
}

func (l logger) Infof(format string, args ...interface{}) {
	l.to.lines = append(l.to.lines, fmt.Sprintf(format, args...))
}
//<function>

func TestGreetsByName(t *testing.T) {
	if result, ok := (&Greet{}).Exec([]interface{}{"Ada"}, newFake()); !ok || result != "Hello, Ada!" {
		t.Fatal(result)
	}
}

func TestRefusesWhatIsNoName(t *testing.T) {
	result, ok := (&Greet{}).Exec([]interface{}{42}, newFake())
	if ok || fmt.Sprint(result) != "a text is expected, found 42" {
		t.Fatal(result)
	}
}
//</function>
//<source>

func TestCountsWhatItSends(t *testing.T) {
	source, ctx := &Repeat{}, newFake()
	if err := source.Configure("", map[string]interface{}{"interval": 1, "message": "hi"}); err != nil {
		t.Fatal(err)
	}
	rows := make(chan api.SourceTuple)
	go source.Open(ctx, rows, make(chan error))
	for count := 1; count <= 2; count++ {
		row := (<-rows).Message()
		if row["count"] != count || row["message"] != "hi" {
			t.Fatal(row)
		}
	}
	close(ctx.done)
}
//</source>
//<sink>

func TestLogsWhatItGets(t *testing.T) {
	sink, ctx := &Log{}, newFake()
	if err := sink.Configure(map[string]interface{}{"prefix": "got"}); err != nil {
		t.Fatal(err)
	}
	if err := sink.Collect(ctx, []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	if len(ctx.lines) != 1 || ctx.lines[0] != `got {"a":1}` {
		t.Fatal(ctx.lines)
	}
}
//</sink>
