package msgpack

import (
	"bytes"
	"encoding/hex"
	"math"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEachValueHasOneFormAndComesBack(t *testing.T) {
	for _, c := range []struct {
		value interface{}
		form  string
	}{
		{nil, "c0"},
		{true, "c3"},
		{int64(5), "05"},
		{int64(-1), "ff"},
		{int64(-70000), "d2fffeee90"},
		{int64(1) << 40, "d30000010000000000"},
		{5.0, "cb4014000000000000"},
		{"é", "a2c3a9"},
		{[]byte{1, 2}, "c4020102"},
		{[]interface{}{true, false}, "92c3c2"},
		{map[string]interface{}{"a": nil}, "81a161c0"},
		{time.Unix(1, 500000007).UTC(), "c70cff1dcd65070000000000000001"},
		{strings.Repeat("x", 70000), ""},
	} {
		data, err := Append(nil, c.value)
		if err != nil || (c.form != "" && hex.EncodeToString(data) != c.form) {
			t.Errorf("%v is written as %x, %v", c.value, data, err)
		}
		back, err := Read(data)
		if err != nil || !reflect.DeepEqual(back, c.value) {
			t.Errorf("%v comes back as %v, %v", c.value, back, err)
		}
	}
}

func TestKindsOfGoAreWrittenAsTheirBase(t *testing.T) {
	type name string
	n := 3
	for _, c := range []struct{ value, want interface{} }{
		{int8(3), int64(3)},
		{uint32(3), int64(3)},
		{float32(0.5), 0.5},
		{name("x"), "x"},
		{&n, int64(3)},
		{(*int)(nil), nil},
		{[]string{"a"}, []interface{}{"a"}},
		{map[name]int{"a": 1}, map[string]interface{}{"a": int64(1)}},
		{[]map[string]interface{}{{"a": 1}}, []interface{}{map[string]interface{}{"a": int64(1)}}},
		{"\xff", "\uFFFD"},
	} {
		data, err := Append(nil, c.value)
		if err != nil {
			t.Errorf("%v: %v", c.value, err)
			continue
		}
		if back, err := Read(data); err != nil || !reflect.DeepEqual(back, c.want) {
			t.Errorf("%v comes back as %v, %v", c.value, back, err)
		}
	}
}

func TestWhatIsNoValueIsRefused(t *testing.T) {
	for _, value := range []interface{}{math.NaN(), math.Inf(1), uint64(math.MaxUint64), func() {}, map[int]int{1: 1}} {
		if _, err := Append(nil, value); err == nil {
			t.Errorf("%T is written", value)
		}
	}
}

func TestNoiseIsAnErrorOrAValue(t *testing.T) {
	dice := rand.New(rand.NewSource(1))
	for i := 0; i < 200000; i++ {
		noise := make([]byte, dice.Intn(24))
		dice.Read(noise)
		_, _ = Read(noise)
	}
	if _, err := Read(bytes.Repeat([]byte{0x91}, 100000)); err == nil {
		t.Error("nested without end")
	}
}
