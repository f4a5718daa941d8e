// Package msgpack is MessagePack, as much of it as values need. Ints and floats stay apart.
package msgpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
	"unicode/utf8"
)

const maxDepth = 500

var errShort = errors.New("message ends too early")

// Append writes a value behind what there is: nil, bool, ints, floats, string, []byte, time.Time, slices, maps with
// string keys, structs of none. Everything else is an error.
func Append(out []byte, value interface{}) ([]byte, error) {
	return write(out, value, 0)
}

// Raw is a value that is written already.
type Raw []byte

func write(out []byte, value interface{}, depth int) ([]byte, error) {
	if depth > maxDepth {
		return out, errors.New("nested too deep")
	}
	switch v := value.(type) {
	case nil:
		return append(out, 0xc0), nil
	case Raw:
		return append(out, v...), nil
	case bool:
		if v {
			return append(out, 0xc3), nil
		}
		return append(out, 0xc2), nil
	case int:
		return Int(out, int64(v)), nil
	case int64:
		return Int(out, v), nil
	case float64:
		return float(out, v)
	case string:
		return Text(out, v), nil
	case []byte:
		out = head(out, len(v), 0, 0, 0xc4, 0xc5, 0xc6)
		return append(out, v...), nil
	case time.Time:
		out = append(out, 0xc7, 12, 0xff)
		out = binary.BigEndian.AppendUint32(out, uint32(v.Nanosecond()))
		return binary.BigEndian.AppendUint64(out, uint64(v.Unix())), nil
	case []interface{}:
		out = List(out, len(v))
		var err error
		for _, element := range v {
			if out, err = write(out, element, depth+1); err != nil {
				return out, err
			}
		}
		return out, nil
	case map[string]interface{}:
		out = head(out, len(v), 0x80, 16, 0, 0xde, 0xdf)
		var err error
		for key, member := range v {
			if out, err = write(Text(out, key), member, depth+1); err != nil {
				return out, err
			}
		}
		return out, nil
	case error:
		return Text(out, v.Error()), nil
	}
	return reflected(out, reflect.ValueOf(value), depth)
}

func reflected(out []byte, value reflect.Value, depth int) ([]byte, error) {
	switch value.Kind() {
	case reflect.Bool:
		return write(out, value.Bool(), depth)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Int(out, value.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if value.Uint() > math.MaxInt64 {
			return out, fmt.Errorf("%d does not fit 64 bits", value.Uint())
		}
		return Int(out, int64(value.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return float(out, value.Float())
	case reflect.String:
		return Text(out, value.String()), nil
	case reflect.Ptr, reflect.Interface:
		if value.IsNil() {
			return append(out, 0xc0), nil
		}
		return write(out, value.Elem().Interface(), depth+1)
	case reflect.Slice, reflect.Array:
		out = List(out, value.Len())
		var err error
		for i := 0; i < value.Len(); i++ {
			if out, err = write(out, value.Index(i).Interface(), depth+1); err != nil {
				return out, err
			}
		}
		return out, nil
	case reflect.Map:
		if value.Type().Key().Kind() != reflect.String {
			break
		}
		out = head(out, value.Len(), 0x80, 16, 0, 0xde, 0xdf)
		var err error
		for members := value.MapRange(); members.Next(); {
			if out, err = write(Text(out, members.Key().String()), members.Value().Interface(), depth+1); err != nil {
				return out, err
			}
		}
		return out, nil
	}
	return out, fmt.Errorf("a value of type %s cannot be sent", value.Type())
}

func float(out []byte, value float64) ([]byte, error) {
	if math.IsNaN(value) {
		return out, errors.New("result is NaN")
	}
	if math.IsInf(value, 0) {
		return out, errors.New("result is Inf")
	}
	return binary.BigEndian.AppendUint64(append(out, 0xcb), math.Float64bits(value)), nil
}

// Int writes an int.
func Int(out []byte, value int64) []byte {
	switch {
	case value >= 0 && value < 0x80:
		return append(out, byte(value))
	case value < 0 && value >= -32:
		return append(out, byte(value))
	case value >= math.MinInt32 && value <= math.MaxInt32:
		return binary.BigEndian.AppendUint32(append(out, 0xd2), uint32(value))
	default:
		return binary.BigEndian.AppendUint64(append(out, 0xd3), uint64(value))
	}
}

// Text writes a text.
func Text(out []byte, value string) []byte {
	if !utf8.ValidString(value) {
		value = string([]rune(value))
	}
	return append(head(out, len(value), 0xa0, 32, 0xd9, 0xda, 0xdb), value...)
}

// List writes the head of a list.
func List(out []byte, length int) []byte {
	return head(out, length, 0x90, 16, 0, 0xdc, 0xdd)
}

func head(out []byte, length int, fix byte, below int, code8, code16, code32 byte) []byte {
	switch {
	case length < below:
		return append(out, fix|byte(length))
	case length < 0x100 && code8 != 0:
		return append(out, code8, byte(length))
	case length < 0x10000:
		return binary.BigEndian.AppendUint16(append(out, code16), uint16(length))
	default:
		return binary.BigEndian.AppendUint32(append(out, code32), uint32(length))
	}
}

// Read reads the one value of a message: ints are int64, floats float64, bytes []byte, moments time.Time.
func Read(message []byte) (interface{}, error) {
	r := &reader{data: message}
	value, err := r.value(0)
	if err == nil && r.at != len(message) {
		err = errors.New("message goes on behind its end")
	}
	return value, err
}

type reader struct {
	data []byte
	at   int
}

func (r *reader) take(count int) ([]byte, error) {
	if count < 0 || r.at+count > len(r.data) {
		return nil, errShort
	}
	taken := r.data[r.at : r.at+count]
	r.at += count
	return taken, nil
}

func (r *reader) uint(size int) (uint64, error) {
	taken, err := r.take(size)
	if err != nil {
		return 0, err
	}
	var value uint64
	for _, b := range taken {
		value = value<<8 | uint64(b)
	}
	return value, nil
}

func (r *reader) value(depth int) (interface{}, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deep")
	}
	first, err := r.uint(1)
	if err != nil {
		return nil, err
	}
	code := byte(first)
	switch {
	case code < 0x80:
		return int64(code), nil
	case code < 0x90:
		return r.members(int(code&0x0f), depth)
	case code < 0xa0:
		return r.list(int(code&0x0f), depth)
	case code < 0xc0:
		return r.text(int(code & 0x1f))
	case code >= 0xe0:
		return int64(int8(code)), nil
	}
	switch code {
	case 0xc0:
		return nil, nil
	case 0xc2:
		return false, nil
	case 0xc3:
		return true, nil
	case 0xc4, 0xc5, 0xc6:
		length, err := r.uint(1 << (code - 0xc4))
		if err != nil {
			return nil, err
		}
		taken, err := r.take(int(length))
		return append([]byte{}, taken...), err
	case 0xc7, 0xc8, 0xc9:
		length, err := r.uint(1 << (code - 0xc7))
		if err != nil {
			return nil, err
		}
		return r.moment(int(length))
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return r.moment(1 << (code - 0xd4))
	case 0xca:
		bits, err := r.uint(4)
		return float64(math.Float32frombits(uint32(bits))), err
	case 0xcb:
		bits, err := r.uint(8)
		return math.Float64frombits(bits), err
	case 0xcc, 0xcd, 0xce, 0xcf:
		value, err := r.uint(1 << (code - 0xcc))
		if value > math.MaxInt64 {
			return nil, fmt.Errorf("%d does not fit 64 bits", value)
		}
		return int64(value), err
	case 0xd0, 0xd1, 0xd2, 0xd3:
		size := 1 << (code - 0xd0)
		value, err := r.uint(size)
		shift := 64 - 8*size
		return int64(value<<shift) >> shift, err
	case 0xd9, 0xda, 0xdb:
		length, err := r.uint(1 << (code - 0xd9))
		if err != nil {
			return nil, err
		}
		return r.text(int(length))
	case 0xdc, 0xdd:
		length, err := r.uint(2 << (code - 0xdc))
		if err != nil {
			return nil, err
		}
		return r.list(int(length), depth)
	case 0xde, 0xdf:
		length, err := r.uint(2 << (code - 0xde))
		if err != nil {
			return nil, err
		}
		return r.members(int(length), depth)
	}
	return nil, fmt.Errorf("0x%02x is no value", code)
}

func (r *reader) text(length int) (interface{}, error) {
	taken, err := r.take(length)
	return string(taken), err
}

func (r *reader) list(length int, depth int) (interface{}, error) {
	if length > len(r.data)-r.at {
		return nil, errShort
	}
	list := make([]interface{}, length)
	var err error
	for i := range list {
		if list[i], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r *reader) members(size int, depth int) (interface{}, error) {
	if 2*size > len(r.data)-r.at {
		return nil, errShort
	}
	members := make(map[string]interface{}, size)
	for i := 0; i < size; i++ {
		key, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, errors.New("a key is not a text")
		}
		if members[name], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (r *reader) moment(length int) (interface{}, error) {
	kind, err := r.uint(1)
	if err != nil {
		return nil, err
	}
	if int8(kind) != -1 {
		return nil, fmt.Errorf("extension type %d is unknown", int8(kind))
	}
	switch length {
	case 4:
		seconds, err := r.uint(4)
		return time.Unix(int64(seconds), 0).UTC(), err
	case 8:
		both, err := r.uint(8)
		return time.Unix(int64(both&0x3ffffffff), int64(both>>34)).UTC(), err
	case 12:
		nanos, err := r.uint(4)
		if err != nil {
			return nil, err
		}
		seconds, err := r.uint(8)
		return time.Unix(int64(seconds), int64(nanos)).UTC(), err
	}
	return nil, fmt.Errorf("a moment of %d bytes", length)
}
