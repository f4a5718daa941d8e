// Package runtime runs the symbols of a portable plugin: with the common protocol on every engine, with the extended one
// where the engine knows it.
package runtime

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kuiper-ts/sdk/go/api"
	"kuiper-ts/sdk/go/internal/sp"
)

const (
	linkVersion  = 2
	dialPatience = 5 * time.Second
)

var extras = []string{"batch", "binary", "state", "validate", "lookup", "props", "instances"}

type NewSourceFunc func() api.Source
type NewFunctionFunc func() api.Function
type NewSinkFunc func() api.Sink
type NewLookupFunc func() api.LookupSource

// PluginConfig names what a plugin offers. Name is the one it is installed under.
type PluginConfig struct {
	Name      string
	Sources   map[string]NewSourceFunc
	Functions map[string]NewFunctionFunc
	Sinks     map[string]NewSinkFunc
	// Lookups are only for engines that know them.
	Lookups map[string]NewLookupFunc
}

type command struct {
	Cmd string `json:"cmd"`
	Arg string `json:"arg"`
	Ext *struct {
		V   int    `json:"v"`
		Url string `json:"url"`
	} `json:"ext"`
}

type control struct {
	SymbolName string                 `json:"symbolName"`
	Meta       meta                   `json:"meta"`
	PluginType string                 `json:"pluginType"`
	DataSource string                 `json:"dataSource"`
	Config     map[string]interface{} `json:"config"`
}

func (c *control) topic() string {
	if c.DataSource != "" {
		return c.DataSource
	}
	topic, _ := c.Config["datasource"].(string)
	return topic
}

// running is a symbol that has been started.
type running interface{ stop() }

// Start runs the plugin until it is told to end or the engine is gone for good. The arguments are those of the process.
func Start(args []string, conf *PluginConfig) {
	greeting, _ := json.Marshal(map[string]interface{}{"v": linkVersion, "extras": extras, "sdk": "go/1.0"})
	path := fmt.Sprintf("/tmp/plugin_%s.ipc", conf.Name)
	channel, err := sp.NewRequester(path, append([]byte("handshake "), greeting...), dialPatience)
	if err != nil {
		logger{}.Errorf("no engine at %s: %v", path, err)
		os.Exit(1)
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ended
		os.Exit(0)
	}()
	commands := &commands{conf: conf, running: map[string]running{}}
	channel.Run(commands.answer)
}

type commands struct {
	conf    *PluginConfig
	running map[string]running
}

func (c *commands) answer(request []byte) (reply []byte) {
	defer func() {
		if failure := recover(); failure != nil {
			reply = []byte(fmt.Sprint(failure))
		}
	}()
	var cmd command
	var ctrl control
	if err := json.Unmarshal(request, &cmd); err != nil {
		return []byte(err.Error())
	}
	if err := json.Unmarshal([]byte(cmd.Arg), &ctrl); err != nil {
		return []byte(err.Error())
	}
	url := ""
	if cmd.Ext != nil && cmd.Ext.V == linkVersion {
		url = cmd.Ext.Url
	}
	var err error
	switch cmd.Cmd {
	case "start":
		err = c.start(&ctrl, url)
	case "stop":
		c.stop(&ctrl)
	default:
		err = fmt.Errorf("invalid command received: %s", cmd.Cmd)
	}
	if err != nil {
		logger{}.Errorf("%s %s %s: %v", cmd.Cmd, ctrl.PluginType, ctrl.SymbolName, err)
		return []byte(err.Error())
	}
	return []byte("ok")
}

// key names a running symbol. A function is started once for each thread that calls it.
func key(ctrl *control, url string) string {
	if ctrl.PluginType == "func" {
		return fmt.Sprintf("func %s %s", ctrl.SymbolName, url)
	}
	return fmt.Sprintf("%s %s/%s/%d/%s", ctrl.PluginType, ctrl.Meta.RuleId, ctrl.Meta.OpId, ctrl.Meta.InstanceId, ctrl.SymbolName)
}

func (c *commands) start(ctrl *control, url string) error {
	name := key(ctrl, url)
	if present, ok := c.running[name]; ok {
		if ctrl.PluginType == "func" {
			return nil
		}
		delete(c.running, name)
		present.stop()
	}
	symbol, err := c.make(ctrl, url)
	if err != nil {
		return err
	}
	c.running[name] = symbol
	return nil
}

func (c *commands) make(ctrl *control, url string) (running, error) {
	if ctrl.PluginType == "source" || ctrl.PluginType == "sink" {
		if ctrl.Meta.RuleId == "" || ctrl.Meta.OpId == "" {
			return nil, fmt.Errorf("invalid arg %s, ruleId and opId are required", ctrl.SymbolName)
		}
	}
	missing := fmt.Errorf("symbol not found")
	switch ctrl.PluginType {
	case "source":
		maker, ok := c.conf.Sources[ctrl.SymbolName]
		if !ok {
			return nil, missing
		}
		if url == "" {
			return startCommonSource(ctrl, maker())
		}
		return startLinkedSource(c.conf.Name, ctrl, url, maker())
	case "sink":
		maker, ok := c.conf.Sinks[ctrl.SymbolName]
		if !ok {
			return nil, missing
		}
		if url == "" {
			return startCommonSink(ctrl, maker())
		}
		return startLinkedSink(c.conf.Name, ctrl, url, maker())
	case "func":
		maker, ok := c.conf.Functions[ctrl.SymbolName]
		if !ok {
			return nil, missing
		}
		if url == "" {
			return startCommonFunction(ctrl, maker())
		}
		return startLinkedFunction(c.conf.Name, ctrl, url, maker())
	case "lookup":
		maker, ok := c.conf.Lookups[ctrl.SymbolName]
		if ok && url != "" {
			return startLinkedLookup(c.conf.Name, ctrl, url, maker())
		}
	}
	return nil, fmt.Errorf("invalid plugin type %s", ctrl.PluginType)
}

func (c *commands) stop(ctrl *control) {
	name := key(ctrl, "")
	if symbol, ok := c.running[name]; ok {
		delete(c.running, name)
		symbol.stop()
	}
}
