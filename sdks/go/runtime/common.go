package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"kuiper-ts/sdk/go/api"
	"kuiper-ts/sdk/go/internal/sp"
)

func dataPath(m meta) string {
	return fmt.Sprintf("/tmp/%s_%s_%d", m.RuleId, m.OpId, m.InstanceId)
}

func closeSymbol(symbol api.Closable, ctx api.StreamContext) {
	defer func() {
		if failure := recover(); failure != nil {
			ctx.GetLogger().Error(failure)
		}
	}()
	if err := symbol.Close(ctx); err != nil {
		ctx.GetLogger().Error(err)
	}
}

// sourceRunner drives one source, whatever it sends over.
type sourceRunner struct {
	source api.Source
	ctx    *symbolContext
	cancel context.CancelFunc
	once   sync.Once
}

// run hands rows and errors over, one at a time, until the source is stopped.
func (r *sourceRunner) run(row func(api.SourceTuple) error, fail func(string) error) {
	// Nothing waits in between: what a source has put into its state goes with the row it sends next.
	rows := make(chan api.SourceTuple)
	failures := make(chan error)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			if failure := recover(); failure != nil {
				_ = fail(fmt.Sprint(failure))
			}
		}()
		r.source.Open(r.ctx, rows, failures)
	}()
	for {
		var err error
		select {
		case tuple := <-rows:
			if err = row(tuple); err != nil && err != sp.ErrStopped {
				// One row that cannot be sent must not end the source.
				err = fail("a row cannot be sent: " + err.Error())
			}
		case failure := <-failures:
			err = fail(fmt.Sprint(failure))
		case <-r.ctx.Done():
			err = sp.ErrStopped
		}
		if err != nil {
			break
		}
	}
	// Whoever still sends must not wait for ever.
	for {
		select {
		case <-rows:
		case <-failures:
		case <-ended:
			return
		}
	}
}

func (r *sourceRunner) stop() {
	r.once.Do(func() {
		r.cancel()
		closeSymbol(r.source, r.ctx)
	})
}

type commonSource struct {
	sourceRunner
	push *sp.Pusher
}

func startCommonSource(ctrl *control, source api.Source) (running, error) {
	if err := source.Configure(ctrl.topic(), ctrl.Config); err != nil {
		return nil, err
	}
	push, err := sp.NewPusher(dataPath(ctrl.Meta)+".ipc", dialPatience)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &commonSource{sourceRunner{source: source, ctx: newContext(ctx, ctrl.Meta, nil), cancel: cancel}, push}
	go s.run(func(tuple api.SourceTuple) error {
		return s.send(map[string]interface{}{"message": tuple.Message(), "meta": tuple.Meta()})
	}, func(text string) error {
		return s.send(map[string]interface{}{"error": text})
	})
	return s, nil
}

func (s *commonSource) send(message interface{}) error {
	data, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return s.push.Send(data)
}

func (s *commonSource) stop() {
	s.sourceRunner.stop()
	s.push.Close()
}

type commonSink struct {
	sink         api.Sink
	ctx          *symbolContext
	cancel       context.CancelFunc
	pull         *sp.Puller
	acks         *sp.Pusher
	acknowledges bool
	opened       chan struct{}
	failure      error
}

func startCommonSink(ctrl *control, sink api.Sink) (running, error) {
	if err := sink.Configure(ctrl.Config); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &commonSink{sink: sink, ctx: newContext(ctx, ctrl.Meta, nil), cancel: cancel, opened: make(chan struct{})}
	s.acknowledges, _ = ctrl.Config["requireAck"].(bool)
	path := dataPath(ctrl.Meta)
	var err error
	if s.pull, err = sp.NewPuller(path+".ipc", s.collect); err != nil {
		return nil, err
	}
	if s.acks, err = sp.NewPusher(path+"_ack.ipc", dialPatience); err != nil {
		s.pull.Close()
		return nil, err
	}
	go func() {
		s.failure = openSink(sink, s.ctx)
		close(s.opened)
	}()
	return s, nil
}

func openSink(sink api.Sink, ctx api.StreamContext) (err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("%v", failure)
		}
	}()
	return sink.Open(ctx)
}

func collectItem(sink api.Sink, ctx api.StreamContext, data []byte) (err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("%v", failure)
		}
	}()
	return sink.Collect(ctx, data)
}

func (s *commonSink) collect(message []byte) {
	<-s.opened
	err := s.failure
	if err == nil {
		err = collectItem(s.sink, s.ctx, message)
	}
	if err != nil {
		s.ctx.GetLogger().Error(err)
	}
	// Engines read what nobody has asked for only sometimes.
	if !s.acknowledges {
		return
	}
	ack := []byte("{}")
	if err != nil {
		ack, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	_ = s.acks.Send(ack)
}

func (s *commonSink) stop() {
	s.cancel()
	s.pull.Close()
	s.acks.Close()
	closeSymbol(s.sink, s.ctx)
}

type commonFunction struct {
	function api.Function
	contexts map[string]*symbolContext
	channel  *sp.Requester
}

func startCommonFunction(ctrl *control, function api.Function) (running, error) {
	path := fmt.Sprintf("/tmp/func_%s.ipc", ctrl.SymbolName)
	channel, err := sp.NewRequester(path, []byte("handshake"), dialPatience)
	if err != nil {
		return nil, err
	}
	f := &commonFunction{function: function, contexts: map[string]*symbolContext{}, channel: channel}
	go channel.Run(f.answer)
	return f, nil
}

func (f *commonFunction) stop() { f.channel.Close() }

func reply(state bool, result interface{}) []byte {
	if failure, ok := result.(error); ok {
		result = failure.Error()
	}
	data, err := json.Marshal(map[string]interface{}{"state": state, "result": result})
	if err != nil {
		data, _ = json.Marshal(map[string]interface{}{"state": false, "result": err.Error()})
	}
	return data
}

func (f *commonFunction) answer(request []byte) (answer []byte) {
	defer func() {
		if failure := recover(); failure != nil {
			answer = reply(false, fmt.Sprint(failure))
		}
	}()
	var call struct {
		Func string      `json:"func"`
		Arg  interface{} `json:"arg"`
	}
	if err := json.Unmarshal(request, &call); err != nil {
		return reply(false, err)
	}
	args, _ := call.Arg.([]interface{})
	switch call.Func {
	case "Validate":
		if err := f.function.Validate(args); err != nil {
			return reply(false, err)
		}
		return reply(true, "")
	case "IsAggregate":
		return reply(true, f.function.IsAggregate())
	case "Exec":
		if len(args) == 0 {
			return reply(false, "invalid arg")
		}
		ctx, err := f.context(args[len(args)-1])
		if err != nil {
			return reply(false, err)
		}
		result, ok := f.function.Exec(args[:len(args)-1], ctx)
		return reply(ok, result)
	}
	return reply(false, "invalid func "+call.Func)
}

func (f *commonFunction) context(arg interface{}) (*symbolContext, error) {
	text, _ := arg.(string)
	if ctx, ok := f.contexts[text]; ok {
		return ctx, nil
	}
	var m meta
	if err := json.Unmarshal([]byte(text), &m); err != nil || m.RuleId == "" || m.OpId == "" {
		return nil, fmt.Errorf("cannot parse function context %v", arg)
	}
	ctx := newContext(context.Background(), m, nil)
	f.contexts[text] = ctx
	return ctx, nil
}
