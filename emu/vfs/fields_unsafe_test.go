package vfs

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// hashed lists what makes up the state. Each field counts for the digest, but for those
// that are named: they follow from the others.
var hashed = []struct {
	of      any
	derived string
	encode  func(x any) []byte
}{
	{&node{}, "content dir pipe event locks", func(x any) []byte { return x.(*node).encode(nil) }},
	{&content{}, "runs", func(x any) []byte { return x.(*content).encode(nil) }},
	{&dir{}, "entries order", func(x any) []byte { return (&node{dir: *x.(*dir)}).encode(nil) }},
	{&entry{}, "", func(x any) []byte { return (&node{dir: dir{entries: []entry{*x.(*entry)}}}).encode(nil) }},
	{&pipe{}, "bufs", func(x any) []byte { return (&node{pipe: *x.(*pipe)}).encode(nil) }},
	{&pipeBuf{}, "age", func(x any) []byte { return (&node{pipe: pipe{bufs: []pipeBuf{*x.(*pipeBuf)}}}).encode(nil) }},
	{&event{}, "", func(x any) []byte { return (&node{event: *x.(*event)}).encode(nil) }},
	{&lock{}, "", func(x any) []byte { return x.(*lock).encode(nil) }},
	{&place{}, "", func(x any) []byte { return x.(*place).encode(nil) }},
	{&file{}, "at handle", func(x any) []byte { return x.(*file).encode(nil) }},
	{&proc{}, "cwd", func(x any) []byte { return x.(*proc).encode(nil) }},
	{&descriptor{}, "", func(x any) []byte { return (&proc{fds: []descriptor{*x.(*descriptor)}}).encode(nil) }},
}

func TestEveryFieldIsHashed(t *testing.T) {
	for _, h := range hashed {
		typ := reflect.TypeOf(h.of).Elem()
		before := h.encode(reflect.New(typ).Interface())
		derived := strings.Fields(h.derived)
		for i := range typ.NumField() {
			name := typ.Field(i).Name
			x := reflect.New(typ)
			if !change(x.Elem().Field(i)) && !slices.Contains(derived, name) {
				t.Errorf("%s.%s: is not simple; name it here, and list its type", typ, name)
				continue
			}
			if same := bytes.Equal(before, h.encode(x.Interface())); same != slices.Contains(derived, name) {
				t.Errorf("%s.%s: counts for the digest: %v, which is not what is said here", typ, name, !same)
			}
		}
	}
}

// change gives a field another value, where it is of a simple type.
func change(f reflect.Value) bool {
	f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
	switch f.Kind() {
	case reflect.Bool:
		f.SetBool(true)
	case reflect.String:
		f.SetString("x")
	case reflect.Int, reflect.Int32, reflect.Int64:
		f.SetInt(1)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		f.SetUint(1)
	case reflect.Slice:
		switch f.Type().Elem().Kind() {
		case reflect.Uint8, reflect.String:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		default:
			return f.Type().Elem() == reflect.TypeFor[descriptor]() && set(f)
		}
	case reflect.Struct:
		if f.Type() != reflect.TypeFor[Time]() {
			return false
		}
		f.Set(reflect.ValueOf(Time{1, 1}))
	default:
		return false
	}
	return true
}

func set(f reflect.Value) bool {
	f.Set(reflect.MakeSlice(f.Type(), 1, 1))
	return true
}
