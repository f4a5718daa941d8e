// Package api holds what a portable plugin implements and what it is given. The interfaces are those of the official
// SDK; what a plugin built on it needs is a change of imports.
package api

import "context"

// SourceTuple is one row of a source.
type SourceTuple interface {
	Message() map[string]interface{}
	Meta() map[string]interface{}
}

// DefaultSourceTuple is a SourceTuple made of its parts.
type DefaultSourceTuple struct {
	Mess map[string]interface{} `json:"message"`
	M    map[string]interface{} `json:"meta"`
}

// NewDefaultSourceTuple makes a row. meta may be nil.
func NewDefaultSourceTuple(message map[string]interface{}, meta map[string]interface{}) *DefaultSourceTuple {
	return &DefaultSourceTuple{Mess: message, M: meta}
}

func (t *DefaultSourceTuple) Message() map[string]interface{} { return t.Mess }
func (t *DefaultSourceTuple) Meta() map[string]interface{}    { return t.M }

// Source produces rows.
type Source interface {
	// Open sends rows until the context is done. It runs in a goroutine of its own.
	Open(ctx StreamContext, consumer chan<- SourceTuple, errCh chan<- error)
	// Configure takes over the properties; an error refuses them.
	Configure(datasource string, props map[string]interface{}) error
	Closable
}

// Function computes a value for each call.
type Function interface {
	// Validate checks a call when its rule is created. An argument is the tree of its expression, a map. An engine that
	// knows more adds "literal" (int, float, string, bool, time, wildcard, column or nil), "value" and "condition".
	Validate(args []interface{}) error
	// Exec returns the result and true, or an error and false.
	Exec(args []interface{}, ctx FunctionContext) (interface{}, bool)
	// IsAggregate tells that each argument is the list of its values over a group of rows.
	IsAggregate() bool
}

// Sink takes what rules put out.
type Sink interface {
	Open(ctx StreamContext) error
	// Configure takes over the properties; an error refuses them.
	Configure(props map[string]interface{}) error
	// Collect writes one message; data is []byte. With requireAck the message is acknowledged when it returns.
	Collect(ctx StreamContext, data interface{}) error
	Closable
}

// LookupSource is a table that is asked for each event. Only for engines that know it.
type LookupSource interface {
	// Configure takes over the properties; props["key"] is the table's KEY option.
	Configure(datasource string, props map[string]interface{}) error
	Open(ctx StreamContext) error
	// Lookup returns the rows where each key has its value. fields: columns wanted, nil for all.
	Lookup(ctx StreamContext, fields []string, keys []string, values []interface{}) ([]map[string]interface{}, error)
	Closable
}

type Closable interface {
	Close(ctx StreamContext) error
}

type Logger interface {
	Debug(args ...interface{})
	Info(args ...interface{})
	Warn(args ...interface{})
	Error(args ...interface{})
	Debugln(args ...interface{})
	Infoln(args ...interface{})
	Warnln(args ...interface{})
	Errorln(args ...interface{})
	Debugf(format string, args ...interface{})
	Infof(format string, args ...interface{})
	Warnf(format string, args ...interface{})
	Errorf(format string, args ...interface{})
}

// State is one map per source, per sink and per call of a function in a rule. The engine keeps it with the rule's
// checkpoints; engines that do not know how leave it in this process. Values are JSON, []byte and time.Time; put a slice
// or a map again after changing it. Ints come back as int64, floats as float64.
type State interface {
	// GetState returns nil when there is none.
	GetState(key string) (interface{}, error)
	PutState(key string, value interface{}) error
	DeleteState(key string) error
	// IncrCounter returns nil or why the key holds no integer.
	IncrCounter(key string, amount int) error
	GetCounter(key string) (int, error)
}

type StreamContext interface {
	context.Context
	State
	GetLogger() Logger
	GetRuleId() string
	GetOpId() string
	GetInstanceId() int
	WithMeta(ruleId string, opId string) StreamContext
	WithInstance(instanceId int) StreamContext
	WithCancel() (StreamContext, context.CancelFunc)
	// DynamicProps returns the sink property written as this template, rendered for what is being collected.
	DynamicProps(template string) (string, bool)
	// AllProps returns all rendered properties, by template.
	AllProps() map[string]string
}

type FunctionContext interface {
	StreamContext
	GetFuncId() int
}
