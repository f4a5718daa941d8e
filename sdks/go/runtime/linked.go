package runtime

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"kuiper-ts/sdk/go/api"
	"kuiper-ts/sdk/go/internal/msgpack"
	"kuiper-ts/sdk/go/internal/sp"
)

const (
	handle       = 1
	linkPatience = 2 * time.Second
	// A thread that has been replaced listens elsewhere.
	againPatience = time.Minute
	// Results of a long batch are told from time to time: nobody is to think that the plugin hangs.
	flushAfter = 100 * time.Millisecond
)

// link is the connection of one symbol to the thread of the engine that uses it. It comes back after it was lost, for as
// long as somebody waits for the symbol.
type link struct {
	path    string
	hello   []byte
	open    []byte
	lock    sync.Mutex
	pipe    *sp.Pipe
	stop    sync.Once
	stopped chan struct{}
}

type members = map[string]interface{}

func dialLink(plugin string, ctrl *control, url string) (*link, members, error) {
	l := &link{path: strings.TrimPrefix(url, "ipc://"), stopped: make(chan struct{})}
	m := ctrl.Meta
	l.hello, _ = msgpack.Append(nil, []interface{}{"hello", linkVersion, plugin, os.Getpid()})
	l.open, _ = msgpack.Append(nil, []interface{}{"open", handle, ctrl.PluginType, ctrl.SymbolName, m.RuleId, m.OpId, m.InstanceId})
	pipe, err := sp.DialSoon(l.path, sp.Pair, linkPatience)
	if err != nil {
		return nil, nil, fmt.Errorf("no engine at %s: %v", l.path, err)
	}
	state, err := l.greet(pipe)
	if err != nil {
		pipe.Close()
		return nil, nil, err
	}
	return l, state, nil
}

func (l *link) greet(pipe *sp.Pipe) (members, error) {
	if err := pipe.Send(l.hello); err != nil {
		return nil, err
	}
	if err := pipe.Send(l.open); err != nil {
		return nil, err
	}
	data, err := pipe.Receive(10 * time.Second)
	if err != nil {
		return nil, err
	}
	answer, err := readMessage(data)
	if err != nil {
		return nil, err
	}
	if answer[0] != "opened" {
		return nil, fmt.Errorf("no engine at %s: %v", l.path, answer[2])
	}
	l.lock.Lock()
	l.pipe = pipe
	l.lock.Unlock()
	state, _ := answer[2].(members)
	return state, nil
}

func readMessage(data []byte) ([]interface{}, error) {
	value, err := msgpack.Read(data)
	if err != nil {
		return nil, err
	}
	message, ok := value.([]interface{})
	if !ok || len(message) < 3 {
		return nil, fmt.Errorf("not a message: %v", value)
	}
	return message, nil
}

func (l *link) current() *sp.Pipe {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.pipe
}

// send tells why a message cannot be written; whether it arrives is not known.
func (l *link) send(message ...interface{}) error {
	data, err := msgpack.Append(nil, message)
	if err != nil {
		return err
	}
	_ = l.current().Send(data)
	return nil
}

// serve hands over messages until close, or until nobody waits for the symbol any more: then it is true.
func (l *link) serve(take func([]interface{}), again func(members)) bool {
	for {
		pipe := l.current()
		data, err := pipe.Receive(0)
		if err == nil {
			var message []interface{}
			if message, err = readMessage(data); err == nil {
				take(message)
				continue
			}
		}
		pipe.Close()
		for {
			select {
			case <-l.stopped:
				return false
			default:
			}
			next := sp.DialPatiently(l.path, sp.Pair, againPatience, l.stopped)
			if next == nil {
				return true
			}
			state, err := l.greet(next)
			if err == nil {
				again(state)
				break
			}
			next.Close()
			if strings.HasPrefix(err.Error(), "no engine") {
				return true
			}
		}
	}
}

func (l *link) close() {
	l.stop.Do(func() {
		close(l.stopped)
		l.current().Close()
	})
}

type linkedSource struct {
	sourceRunner
	link *link
}

func startLinkedSource(plugin string, ctrl *control, url string, source api.Source) (running, error) {
	if err := source.Configure(ctrl.topic(), ctrl.Config); err != nil {
		return nil, err
	}
	l, state, err := dialLink(plugin, ctrl, url)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &linkedSource{sourceRunner{source: source, ctx: newContext(ctx, ctrl.Meta, state), cancel: cancel}, l}
	go s.run(func(tuple api.SourceTuple) error {
		var tupleMeta interface{}
		if m := tuple.Meta(); m != nil {
			tupleMeta = m
		}
		puts, deletes := s.ctx.state.takeChanges()
		return s.send("rows", handle, []interface{}{tuple.Message(), tupleMeta}, puts, deletes)
	}, func(text string) error {
		return s.send("error", handle, text)
	})
	go func() {
		if l.serve(func([]interface{}) {}, func(members) {}) {
			s.sourceRunner.stop()
		}
	}()
	return s, nil
}

// send waits while the connection is lost.
func (s *linkedSource) send(message ...interface{}) error {
	data, err := msgpack.Append(nil, message)
	if err != nil {
		return err
	}
	for s.link.current().Send(data) != nil {
		select {
		case <-s.ctx.Done():
			return sp.ErrStopped
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

func (s *linkedSource) stop() {
	s.sourceRunner.stop()
	s.link.close()
}

type linkedSink struct {
	sink   api.Sink
	ctx    *symbolContext
	cancel context.CancelFunc
	link   *link
	once   sync.Once
}

func startLinkedSink(plugin string, ctrl *control, url string, sink api.Sink) (running, error) {
	if err := sink.Configure(ctrl.Config); err != nil {
		return nil, err
	}
	l, state, err := dialLink(plugin, ctrl, url)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &linkedSink{sink: sink, ctx: newContext(ctx, ctrl.Meta, state), cancel: cancel, link: l}
	go func() {
		failure := openSink(sink, s.ctx)
		gone := l.serve(func(message []interface{}) { s.take(message, failure) }, func(members) {})
		if gone {
			s.finish()
		}
	}()
	return s, nil
}

func (s *linkedSink) take(message []interface{}, failure error) {
	if message[0] != "items" || len(message) < 4 {
		return
	}
	items, _ := message[3].([]interface{})
	done := 0
	for failure == nil && 2*done+1 < len(items) {
		data, _ := items[2*done].([]byte)
		s.ctx.props = map[string]string{}
		rendered, _ := items[2*done+1].(members)
		for template, text := range rendered {
			s.ctx.props[template], _ = text.(string)
		}
		if failure = collectItem(s.sink, s.ctx, data); failure == nil {
			done++
		}
	}
	var text interface{}
	if failure != nil {
		s.ctx.GetLogger().Error(failure)
		text = failure.Error()
	}
	puts, deletes := s.ctx.state.takeChanges()
	if err := s.link.send("done", handle, message[2], done, text, puts, deletes); err != nil {
		_ = s.link.send("done", handle, message[2], done, err.Error(), nil, nil)
	}
}

func (s *linkedSink) finish() {
	s.once.Do(func() {
		s.cancel()
		closeSymbol(s.sink, s.ctx)
	})
}

func (s *linkedSink) stop() {
	s.link.close()
	s.finish()
}

type linkedFunction struct {
	function api.Function
	sites    map[int64]*symbolContext
	link     *link
}

func startLinkedFunction(plugin string, ctrl *control, url string, function api.Function) (running, error) {
	l, _, err := dialLink(plugin, ctrl, url)
	if err != nil {
		return nil, err
	}
	f := &linkedFunction{function: function, sites: map[int64]*symbolContext{}, link: l}
	go l.serve(f.take, func(members) { f.sites = map[int64]*symbolContext{} })
	return f, nil
}

func (f *linkedFunction) stop() { f.link.close() }

func (f *linkedFunction) take(message []interface{}) {
	number, _ := message[2].(int64)
	switch message[0] {
	case "call":
		calls, _ := message[3].([]interface{})
		f.run(number, calls)
	case "site":
		m := meta{}
		m.RuleId, _ = message[3].(string)
		m.OpId, _ = message[4].(string)
		funcId, _ := message[6].(int64)
		m.FuncId = int(funcId)
		state, _ := message[7].(members)
		f.sites[number] = newContext(context.Background(), m, state)
	case "drop":
		delete(f.sites, number)
	case "ask":
		ok, value := f.ask(message[3], message[4])
		_ = f.link.send("answer", handle, number, ok, value)
	}
}

func (f *linkedFunction) ask(what interface{}, argument interface{}) (ok bool, value interface{}) {
	defer func() {
		if failure := recover(); failure != nil {
			ok, value = false, fmt.Sprint(failure)
		}
	}()
	if what == "aggregate" {
		return true, f.function.IsAggregate()
	}
	args, _ := argument.([]interface{})
	if err := f.function.Validate(args); err != nil {
		return false, err.Error()
	}
	return true, ""
}

func (f *linkedFunction) run(batch int64, calls []interface{}) {
	var results []byte
	first, count := 0, 0
	used := map[int64]*symbolContext{}
	told := time.Now()
	tell := func() {
		changes := make([]interface{}, 0, len(used))
		for site, ctx := range used {
			puts, deletes := ctx.state.takeChanges()
			changes = append(changes, []interface{}{site, puts, deletes})
		}
		list := append(msgpack.List(nil, 2*count), results...)
		if err := f.link.send("results", handle, batch, first, msgpack.Raw(list), changes); err != nil {
			logger{}.Errorf("state cannot be sent: %v", err)
			_ = f.link.send("results", handle, batch, first, msgpack.Raw(list), []interface{}{})
		}
		first, count, results, used, told = first+count, 0, nil, map[int64]*symbolContext{}, time.Now()
	}
	for i := 0; i+1 < len(calls); i += 2 {
		site, _ := calls[i].(int64)
		args, _ := calls[i+1].([]interface{})
		ctx := f.sites[site]
		value, ok := f.exec(args, ctx)
		before := len(results)
		results = append(results, boolByte(ok))
		var err error
		if results, err = msgpack.Append(results, value); err != nil {
			results = msgpack.Text(append(results[:before], boolByte(false)), err.Error())
		}
		count++
		if ctx != nil && ctx.state.isUsed() {
			used[site] = ctx
		}
		if time.Since(told) > flushAfter {
			tell()
		}
	}
	if count > 0 {
		tell()
	}
}

func boolByte(value bool) byte {
	if value {
		return 0xc3
	}
	return 0xc2
}

func (f *linkedFunction) exec(args []interface{}, ctx *symbolContext) (value interface{}, ok bool) {
	defer func() {
		if failure := recover(); failure != nil {
			value, ok = fmt.Sprint(failure), false
		}
	}()
	if ctx == nil {
		return "the call is not known", false
	}
	return f.function.Exec(args, ctx)
}

type linkedLookup struct {
	lookup api.LookupSource
	ctx    *symbolContext
	cancel context.CancelFunc
	link   *link
	once   sync.Once
}

func startLinkedLookup(plugin string, ctrl *control, url string, lookup api.LookupSource) (running, error) {
	if err := lookup.Configure(ctrl.topic(), ctrl.Config); err != nil {
		return nil, err
	}
	inner, cancel := context.WithCancel(context.Background())
	s := &linkedLookup{lookup: lookup, ctx: newContext(inner, meta{OpId: ctrl.Meta.OpId}, nil), cancel: cancel}
	err := lookup.Open(s.ctx)
	if err == nil {
		s.link, _, err = dialLink(plugin, ctrl, url)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	go func() {
		if s.link.serve(s.take, func(members) {}) {
			s.finish()
		}
	}()
	return s, nil
}

func (s *linkedLookup) take(message []interface{}) {
	if message[0] != "ask" || len(message) < 5 {
		return
	}
	rows, err := s.ask(message[4])
	if err == nil {
		err = s.link.send("answer", handle, message[2], true, rows)
	}
	if err != nil {
		_ = s.link.send("answer", handle, message[2], false, err.Error())
	}
}

func (s *linkedLookup) ask(argument interface{}) (rows []map[string]interface{}, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("%v", failure)
		}
	}()
	parts, _ := argument.([]interface{})
	if len(parts) != 3 {
		return nil, fmt.Errorf("invalid arg")
	}
	values, _ := parts[2].([]interface{})
	found, err := s.lookup.Lookup(s.ctx, texts(parts[0]), texts(parts[1]), values)
	if found == nil {
		found = []map[string]interface{}{}
	}
	return found, err
}

func texts(value interface{}) []string {
	list, ok := value.([]interface{})
	if !ok {
		return nil
	}
	found := make([]string, len(list))
	for i, element := range list {
		found[i], _ = element.(string)
	}
	return found
}

func (s *linkedLookup) finish() {
	s.once.Do(func() {
		s.cancel()
		closeSymbol(s.lookup, s.ctx)
	})
}

func (s *linkedLookup) stop() {
	s.link.close()
	s.finish()
}
