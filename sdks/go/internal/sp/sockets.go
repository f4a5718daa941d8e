package sp

import (
	"encoding/binary"
	"math/rand"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const keepAlive = 5 * time.Second

// DialSoon dials for a while.
func DialSoon(path string, protocol uint16, patience time.Duration) (*Pipe, error) {
	end := time.Now().Add(patience)
	for {
		pipe, err := Dial(path, protocol)
		if err == nil || time.Now().After(end) {
			return pipe, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Forever is a patience that does not end.
const Forever = time.Duration(1<<63 - 1)

// DialPatiently dials until it succeeds, less and less often. Nil when stopped before, when its patience has ended or
// nobody is left to dial.
func DialPatiently(path string, protocol uint16, patience time.Duration, stopped <-chan struct{}) *Pipe {
	began := time.Now()
	wait := 100 * time.Millisecond
	for {
		if pipe, err := Dial(path, protocol); err == nil {
			return pipe
		}
		if Orphaned() || time.Since(began) > patience {
			return nil
		}
		select {
		case <-stopped:
			return nil
		case <-time.After(wait):
		}
		if wait = wait * 13 / 10; wait > 5*time.Second {
			wait = 5 * time.Second
		}
	}
}

// Requester is the plugin's end of a channel on which the engine drives: each request is the answer to the command
// before.
type Requester struct {
	path     string
	greeting []byte
	pipe     *Pipe
	lock     sync.Mutex
	stop     sync.Once
	stopped  chan struct{}
}

// NewRequester dials for a while.
func NewRequester(path string, greeting []byte, patience time.Duration) (*Requester, error) {
	pipe, err := DialSoon(path, Req, patience)
	if err != nil {
		return nil, err
	}
	return &Requester{path: path, greeting: greeting, pipe: pipe, stopped: make(chan struct{})}, nil
}

// Run answers commands until Close, or until the engine is gone for good.
func (r *Requester) Run(handle func([]byte) []byte) {
	number := rand.New(rand.NewSource(time.Now().UnixNano())).Uint32()
	body := r.greeting
	r.send(number, body)
	for {
		message, err := r.pipe.Receive(keepAlive)
		select {
		case <-r.stopped:
			return
		default:
		}
		switch {
		case err != nil && IsTimeout(err):
			number, body = number+1, r.greeting
			r.send(number, body)
		case err != nil:
			r.pipe.Close()
			pipe := DialPatiently(r.path, Req, Forever, r.stopped)
			if pipe == nil {
				return
			}
			// Whoever is there hears again what has no answer yet.
			r.lock.Lock()
			r.pipe = pipe
			r.lock.Unlock()
			r.send(number, body)
		case len(message) >= 4 && binary.BigEndian.Uint32(message) == id(number):
			body = handle(message[4:])
			number++
			r.send(number, body)
		}
	}
}

func (r *Requester) send(number uint32, body []byte) {
	var head [4]byte
	binary.BigEndian.PutUint32(head[:], id(number))
	// What goes wrong here is told by the next receive.
	_ = r.pipe.Send(head[:], body)
}

func id(number uint32) uint32 { return 0x80000000 | number }

// Close ends Run.
func (r *Requester) Close() {
	r.stop.Do(func() { close(r.stopped) })
	r.lock.Lock()
	defer r.lock.Unlock()
	r.pipe.Close()
}

// Pusher is the sending end of a one-way channel. It comes back after the engine was away.
type Pusher struct {
	path    string
	pipe    *Pipe
	lock    sync.Mutex
	stop    sync.Once
	stopped chan struct{}
}

// NewPusher dials for a while.
func NewPusher(path string, patience time.Duration) (*Pusher, error) {
	pipe, err := DialSoon(path, Push, patience)
	if err != nil {
		return nil, err
	}
	return &Pusher{path: path, pipe: pipe, stopped: make(chan struct{})}, nil
}

// Send only fails when the socket was closed.
func (p *Pusher) Send(message []byte) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	for {
		select {
		case <-p.stopped:
			return ErrStopped
		default:
		}
		if p.pipe.Send(message) == nil {
			return nil
		}
		p.pipe.Close()
		pipe := DialPatiently(p.path, Push, Forever, p.stopped)
		if pipe == nil {
			return ErrStopped
		}
		p.pipe = pipe
	}
}

// Close makes a Send that waits end.
func (p *Pusher) Close() {
	p.stop.Do(func() {
		close(p.stopped)
		p.pipe.Close()
	})
}

// Puller is the receiving end of a one-way channel, which listens.
type Puller struct {
	listener net.Listener
	receive  func([]byte)
	turn     sync.Mutex
	lock     sync.Mutex
	pipes    map[*Pipe]bool
	closed   bool
}

// NewPuller listens; receive is called with one message at a time.
func NewPuller(path string, receive func([]byte)) (*Puller, error) {
	listener, err := listen(path)
	if err != nil {
		return nil, err
	}
	p := &Puller{listener: listener, receive: receive, pipes: map[*Pipe]bool{}}
	go p.accept()
	return p, nil
}

func (p *Puller) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.read(conn)
	}
}

func (p *Puller) read(conn net.Conn) {
	pipe, err := greet(conn, Pull)
	if err != nil {
		return
	}
	defer pipe.Close()
	if !p.add(pipe) {
		return
	}
	for {
		message, err := pipe.Receive(0)
		if err != nil {
			break
		}
		p.turn.Lock()
		if !p.isClosed() {
			p.receive(message)
		}
		p.turn.Unlock()
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	delete(p.pipes, pipe)
}

func (p *Puller) add(pipe *Pipe) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	if !p.closed {
		p.pipes[pipe] = true
	}
	return !p.closed
}

func (p *Puller) isClosed() bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.closed
}

// Close stops listening, removes the path and hangs up.
func (p *Puller) Close() {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	_ = p.listener.Close()
	for pipe := range p.pipes {
		pipe.Close()
	}
}

func listen(path string) (net.Listener, error) {
	var failure error
	for attempt := 0; attempt < 10; attempt++ {
		listener, err := net.Listen("unix", path)
		if err == nil {
			_ = os.Chmod(path, 0o600)
			return listener, nil
		}
		failure = err
		if !removeStale(path) {
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil, failure
}

// removeStale is true when the path was a socket that nobody listens on, and is gone.
func removeStale(path string) bool {
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
		return false
	}
	return isRefused(err) && os.Remove(path) == nil
}

func isRefused(err error) bool {
	operation, ok := err.(*net.OpError)
	if !ok {
		return false
	}
	call, ok := operation.Err.(*os.SyscallError)
	return ok && call.Err == syscall.ECONNREFUSED
}
