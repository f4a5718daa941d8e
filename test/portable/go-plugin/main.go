// A plugin that behaves like those made with the official Go SDK, on the same nanomsg library: it dials once, sends what
// is unanswered again with its old id, takes messages of at most 1 MiB, never acknowledges, and insists on instance 0.
// What it is called and offers is in the manifest beside it: a symbol `echo_x1` is an echo.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.nanomsg.org/mangos/v3"
	"go.nanomsg.org/mangos/v3/protocol/pull"
	"go.nanomsg.org/mangos/v3/protocol/push"
	"go.nanomsg.org/mangos/v3/protocol/req"
	_ "go.nanomsg.org/mangos/v3/transport/ipc"
)

type manifest struct {
	Sources   []string `json:"sources"`
	Sinks     []string `json:"sinks"`
	Functions []string `json:"functions"`
}

type meta struct {
	RuleID     string `json:"ruleId"`
	OpID       string `json:"opId"`
	InstanceID int    `json:"instanceId"`
}

type control struct {
	Symbol     string                 `json:"symbolName"`
	Meta       *meta                  `json:"meta"`
	PluginType string                 `json:"pluginType"`
	DataSource string                 `json:"dataSource"`
	Config     map[string]interface{} `json:"config"`
}

type command struct {
	Cmd string `json:"cmd"`
	Arg string `json:"arg"`
}

type call struct {
	Func string      `json:"func"`
	Arg  interface{} `json:"arg"`
}

type reply struct {
	State  bool        `json:"state"`
	Result interface{} `json:"result"`
}

// The SDK's 60 s and 5 s: tests have no time for them.
var resend = waitOf("TEST_RESEND_MS", 60*time.Second)
var receiveWait = waitOf("TEST_RECEIVE_MS", 5*time.Second)

func waitOf(variable string, otherwise time.Duration) time.Duration {
	if ms, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return time.Duration(ms) * time.Millisecond
	}
	return otherwise
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "panic:", err)
		os.Exit(1)
	}
}

// One attempt to dial, as in the SDK; the library dials again when a connection is lost.
func dialRequests(url string, options map[string]interface{}) mangos.Socket {
	sock, err := req.NewSocket()
	must(err)
	must(sock.SetOption(mangos.OptionRetryTime, resend))
	for name, value := range options {
		must(sock.SetOption(name, value))
	}
	must(sock.DialOptions(url, map[string]interface{}{mangos.OptionDialAsynch: false, mangos.OptionMaxReconnectTime: 5 * time.Second, mangos.OptionReconnectTime: 100 * time.Millisecond}))
	return sock
}

func serve(sock mangos.Socket, handle func([]byte) []byte) error {
	if err := sock.Send([]byte("handshake")); err != nil {
		return err
	}
	for {
		message, err := sock.Recv()
		if errors.Is(err, mangos.ErrRecvTimeout) {
			if err := sock.Send([]byte("handshake")); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := sock.Send(handle(message)); err != nil {
			return err
		}
	}
}

var mutex sync.Mutex
var running = map[string]func(){}
var executed int

func has(list []string, name string) bool {
	for _, each := range list {
		if each == name {
			return true
		}
	}
	return false
}

func execute(m manifest, text []byte) error {
	var c command
	if err := json.Unmarshal(text, &c); err != nil {
		return err
	}
	var ctrl control
	if err := json.Unmarshal([]byte(c.Arg), &ctrl); err != nil {
		return err
	}
	if ctrl.PluginType != "func" && (ctrl.Meta == nil || ctrl.Meta.RuleID == "" || ctrl.Meta.OpID == "") {
		return fmt.Errorf("invalid arg %s, ruleId and opId are required", c.Arg)
	}
	key := "func_" + ctrl.Symbol
	if ctrl.PluginType != "func" {
		key = fmt.Sprintf("%s_%s_0_%s", ctrl.Meta.RuleID, ctrl.Meta.OpID, ctrl.Symbol)
	}
	mutex.Lock()
	stop, known := running[key]
	mutex.Unlock()
	switch c.Cmd {
	case "start":
		fmt.Println("start", ctrl.PluginType, ctrl.Symbol)
		switch {
		case ctrl.PluginType == "source" && has(m.Sources, ctrl.Symbol):
			return startSource(key, ctrl)
		case ctrl.PluginType == "sink" && has(m.Sinks, ctrl.Symbol):
			return startSink(key, ctrl)
		case ctrl.PluginType == "func" && has(m.Functions, ctrl.Symbol):
			if known {
				return nil
			}
			startFunction(key, ctrl.Symbol)
			return nil
		}
		return errors.New("symbol not found")
	case "stop":
		fmt.Println("stop", ctrl.PluginType, ctrl.Symbol)
		if !known {
			return fmt.Errorf("symbol %s not found", key)
		}
		stop()
		return nil
	}
	return fmt.Errorf("invalid command received: %s", c.Cmd)
}

func remember(key string, stop func()) {
	mutex.Lock()
	defer mutex.Unlock()
	running[key] = func() {
		mutex.Lock()
		delete(running, key)
		mutex.Unlock()
		stop()
	}
}

// Counts up to `limit`; a limit ends the source by itself. `error` is sent as the SDK sends errors.
func startSource(key string, ctrl control) error {
	if text, ok := ctrl.Config["refuse"].(string); ok {
		return errors.New(text)
	}
	sock, err := push.NewSocket()
	must(err)
	must(sock.SetOption(mangos.OptionSendDeadline, time.Second))
	if err := sock.Dial(fmt.Sprintf("ipc:///tmp/%s_%s_0.ipc", ctrl.Meta.RuleID, ctrl.Meta.OpID)); err != nil {
		return err
	}
	done := make(chan struct{})
	remember(key, func() { close(done) })
	go func() {
		limit, hasLimit := ctrl.Config["limit"].(float64)
		for i := 0; !hasLimit || i < int(limit); i++ {
			var message []byte
			if text, ok := ctrl.Config["error"].(string); ok && i == 1 {
				inner, _ := json.Marshal(map[string]string{"error": text})
				message, _ = json.Marshal(string(inner))
			} else {
				row := map[string]interface{}{"count": i, "dataSource": ctrl.DataSource, "pid": os.Getpid()}
				message, _ = json.Marshal(map[string]interface{}{"message": row, "meta": nil})
			}
			if err := sock.Send(message); err != nil {
				fmt.Println("Failed publishing:", err)
			}
			select {
			case <-done:
				sock.Close()
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
		mutex.Lock()
		delete(running, key)
		mutex.Unlock()
		sock.Close()
	}()
	return nil
}

func startSink(key string, ctrl control) error {
	sock, err := pull.NewSocket()
	must(err)
	must(sock.SetOption(mangos.OptionRecvDeadline, 500*time.Millisecond))
	url := fmt.Sprintf("ipc:///tmp/%s_%s_0.ipc", ctrl.Meta.RuleID, ctrl.Meta.OpID)
	for tries := 0; ; tries++ {
		if err = sock.Listen(url); err == nil {
			break
		}
		if tries == 300 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	file, err := os.OpenFile(ctrl.Config["path"].(string), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	remember(key, func() { close(done); sock.Close() })
	go func() {
		for {
			message, err := sock.Recv()
			select {
			case <-done:
				return
			default:
			}
			if err == nil {
				file.Write(append(message, '\n'))
			}
		}
	}()
	return nil
}

func startFunction(key, symbol string) {
	sock := dialRequests("ipc:///tmp/func_"+symbol+".ipc", map[string]interface{}{
		mangos.OptionRecvDeadline: receiveWait,
		mangos.OptionSendDeadline: time.Second,
	})
	remember(key, func() { sock.Close() })
	go func() {
		err := serve(sock, func(text []byte) []byte {
			answer, err := json.Marshal(compute(symbol, text))
			if err != nil {
				answer, _ = json.Marshal(reply{false, err.Error()})
			}
			return answer
		})
		fmt.Println("function", symbol, "ends:", err)
	}()
}

func compute(symbol string, text []byte) reply {
	var c call
	if err := json.Unmarshal(text, &c); err != nil {
		return reply{false, err.Error()}
	}
	args, isList := c.Arg.([]interface{})
	switch c.Func {
	case "Validate":
		if !isList {
			return reply{false, "argument is not interface array"}
		}
		return reply{true, ""}
	case "IsAggregate":
		return reply{true, false}
	case "Exec":
		if !isList || len(args) < 1 {
			return reply{false, "argument is not interface array"}
		}
		context, _ := args[len(args)-1].(string)
		var where map[string]interface{}
		if json.Unmarshal([]byte(context), &where) != nil || where["ruleId"] == "" || where["opId"] == "" {
			return reply{false, "cannot parse function context " + context}
		}
		args = args[:len(args)-1]
		switch strings.Split(symbol, "_")[0] {
		case "echo":
			return reply{true, args[0]}
		case "count":
			executed++
			return reply{true, executed}
		case "size":
			return reply{true, len(args[0].(string))}
		case "fail":
			// The text of an error value is lost in JSON.
			return reply{false, struct{}{}}
		}
	}
	return reply{false, "invalid func " + c.Func}
}

func main() {
	if len(os.Args) == 2 {
		var settings map[string]interface{}
		must(json.Unmarshal([]byte(os.Args[1]), &settings))
	}
	executable, err := os.Executable()
	must(err)
	directory := filepath.Dir(executable)
	name := filepath.Base(directory)
	text, err := os.ReadFile(filepath.Join(directory, name+".json"))
	must(err)
	var m manifest
	must(json.Unmarshal(text, &m))

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		os.Exit(0)
	}()
	sock := dialRequests("ipc:///tmp/plugin_"+name+".ipc", nil)
	err = serve(sock, func(text []byte) []byte {
		if err := execute(m, text); err != nil {
			return []byte(err.Error())
		}
		return []byte("ok")
	})
	must(err)
}
