package sp

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// engine is the other end, byte by byte.
type engine struct {
	*testing.T
	listener net.Listener
	conn     net.Conn
}

func newEngine(t *testing.T) (*engine, string) {
	path := filepath.Join(t.TempDir(), "x.ipc")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return &engine{T: t, listener: listener}, path
}

func (e *engine) accept(protocol byte) {
	conn, err := e.listener.Accept()
	if err != nil {
		e.Error(err)
		return
	}
	e.conn = conn
	_, _ = conn.Write([]byte{0, 'S', 'P', 0, 0, protocol, 0, 0})
	e.take(8)
}

func (e *engine) take(count int) []byte {
	data := make([]byte, count)
	_ = e.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(e.conn, data); err != nil {
		e.Error(err)
	}
	return data
}

func (e *engine) receive() []byte {
	header := e.take(9)
	return e.take(int(binary.BigEndian.Uint64(header[1:])))
}

func (e *engine) send(body []byte) {
	frame := append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0}, body...)
	binary.BigEndian.PutUint64(frame[1:], uint64(len(body)))
	for i := range frame { // in pieces
		_, _ = e.conn.Write(frame[i : i+1])
	}
}

func TestARequestCarriesTheAnswerToTheCommandBefore(t *testing.T) {
	e, path := newEngine(t)
	go func() {
		channel, err := NewRequester(path, []byte("handshake"), time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		channel.Run(func(command []byte) []byte { return append([]byte("did "), command...) })
	}()
	e.accept(0x31)
	first := e.receive()
	if first[0]&0x80 == 0 || string(first[4:]) != "handshake" {
		t.Fatalf("says %q", first)
	}
	// Addressed to nobody.
	e.send([]byte{0x80, 0, 0, 0, 'n', 'o'})
	e.send(append(append([]byte{}, first[:4]...), "this"...))
	second := e.receive()
	if string(second[4:]) != "did this" {
		t.Fatalf("answers %q", second)
	}
	e.conn.Close()
	e.accept(0x31)
	if again := e.receive(); !bytes.Equal(again, second) {
		t.Fatalf("says %q after it came back", again)
	}
}

func TestAPusherComesBack(t *testing.T) {
	e, path := newEngine(t)
	sent := make(chan error, 3)
	read := make(chan bool)
	go func() {
		push, err := NewPusher(path, time.Second)
		if err != nil {
			sent <- err
			return
		}
		sent <- push.Send([]byte("one"))
		<-read
		e.conn.Close()
		for err == nil {
			// Until the kernel tells that nobody listens any more.
			err = push.pipe.Send([]byte("lost"))
		}
		sent <- push.Send([]byte("two"))
		push.Close()
		if push.Send([]byte("three")) != ErrStopped {
			t.Error("sends after its end")
		}
		sent <- nil
	}()
	e.accept(0x51)
	if string(e.receive()) != "one" {
		t.Fatal("one is missing")
	}
	read <- true
	e.accept(0x51)
	if string(e.receive()) != "two" {
		t.Fatal("two is missing")
	}
	for i := 0; i < 3; i++ {
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPullerTakesLongMessagesAndAStalePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "y.ipc")
	stale, _ := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	stale.SetUnlinkOnClose(false)
	stale.Close()
	received := make(chan []byte, 2)
	pull, err := NewPuller(path, func(message []byte) { received <- message })
	if err != nil {
		t.Fatal(err)
	}
	defer pull.Close()
	pipe, err := Dial(path, Push)
	if err != nil {
		t.Fatal(err)
	}
	long := bytes.Repeat([]byte("0123456789"), 500_000)
	_ = pipe.Send(long[:1], long[1:])
	_ = pipe.Send(nil)
	if !bytes.Equal(<-received, long) || len(<-received) != 0 {
		t.Fatal("a message is damaged")
	}
}
