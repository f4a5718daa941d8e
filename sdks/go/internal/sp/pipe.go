// Package sp speaks nanomsg scalability protocols over UNIX sockets, as far as plugins need them.
package sp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Numbers of protocols.
const (
	Pair uint16 = 0x10
	Req  uint16 = 0x30
	Rep  uint16 = 0x31
	Push uint16 = 0x50
	Pull uint16 = 0x51
)

const greetingTimeout = 10 * time.Second

// A message that is announced gets this much at first and more when it really comes.
const firstAllocation = 1 << 20

var peers = map[uint16]uint16{Pair: Pair, Req: Rep, Push: Pull, Pull: Push}

// ErrStopped tells that a socket was closed on this side.
var ErrStopped = errors.New("stopped")

var parent = os.Getppid()

// Orphaned tells that the process which started this one has ended: nobody will come back.
func Orphaned() bool { return os.Getppid() != parent }

// Pipe is one connection. One goroutine may receive while others send.
type Pipe struct {
	conn    net.Conn
	reader  *bufio.Reader
	sending sync.Mutex
}

// Dial connects and greets.
func Dial(path string, protocol uint16) (*Pipe, error) {
	conn, err := net.DialTimeout("unix", path, greetingTimeout)
	if err != nil {
		return nil, err
	}
	return greet(conn, protocol)
}

func greet(conn net.Conn, protocol uint16) (*Pipe, error) {
	pipe := &Pipe{conn: conn, reader: bufio.NewReaderSize(conn, 1<<16)}
	greeting := [8]byte{0, 'S', 'P', 0}
	binary.BigEndian.PutUint16(greeting[4:], protocol)
	_ = conn.SetDeadline(time.Now().Add(greetingTimeout))
	if _, err := conn.Write(greeting[:]); err != nil {
		conn.Close()
		return nil, err
	}
	if _, err := io.ReadFull(pipe.reader, greeting[:]); err != nil {
		conn.Close()
		return nil, err
	}
	peer := binary.BigEndian.Uint16(greeting[4:])
	if string(greeting[:4]) != "\x00SP\x00" || peer != peers[protocol] {
		conn.Close()
		return nil, fmt.Errorf("bad greeting %x", greeting)
	}
	_ = conn.SetDeadline(time.Time{})
	return pipe, nil
}

// Send waits until the kernel has taken all parts of one message.
func (p *Pipe) Send(parts ...[]byte) error {
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	frame := make([]byte, 9, 9+length)
	frame[0] = 1
	binary.BigEndian.PutUint64(frame[1:], uint64(length))
	for _, part := range parts {
		frame = append(frame, part...)
	}
	p.sending.Lock()
	defer p.sending.Unlock()
	_, err := p.conn.Write(frame)
	return err
}

// Receive returns the next message. A timeout of 0 waits for ever.
func (p *Pipe) Receive(timeout time.Duration) ([]byte, error) {
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	_ = p.conn.SetReadDeadline(deadline)
	// The limit is for the first byte: a message that has begun is not cut apart.
	if _, err := p.reader.Peek(1); err != nil {
		return nil, err
	}
	if timeout > 0 {
		_ = p.conn.SetReadDeadline(time.Time{})
	}
	var header [9]byte
	if _, err := io.ReadFull(p.reader, header[:]); err != nil {
		return nil, err
	}
	if header[0] != 1 {
		return nil, fmt.Errorf("frame starts with %d", header[0])
	}
	length := binary.BigEndian.Uint64(header[1:])
	if length <= firstAllocation {
		message := make([]byte, length)
		_, err := io.ReadFull(p.reader, message)
		return message, err
	}
	if length > 1<<40 {
		return nil, fmt.Errorf("message of %d bytes", length)
	}
	message := make([]byte, 0, firstAllocation)
	for uint64(len(message)) < length {
		if len(message) == cap(message) {
			grown := make([]byte, len(message), 2*cap(message))
			copy(grown, message)
			message = grown
		}
		room := uint64(cap(message) - len(message))
		if left := length - uint64(len(message)); left < room {
			room = left
		}
		from := len(message)
		message = message[:from+int(room)]
		if _, err := io.ReadFull(p.reader, message[from:]); err != nil {
			return nil, err
		}
	}
	return message, nil
}

// Close hangs up.
func (p *Pipe) Close() { _ = p.conn.Close() }

// IsTimeout tells an error of waiting from one of the connection.
func IsTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
