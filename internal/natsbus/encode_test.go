package natsbus

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"frontdesk/chat"
	"frontdesk/internal/natsbus/wire"
)

// fill sets every field that it reaches to something that is not zero, so that
// one which the encoding forgets is noticed. Numbers count up: no two are mixed up.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMicro(int64(1_700_000_000_000_000 + *n)).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"summary":"x"}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(*n) / 2)
	default:
		panic("no sample of a " + v.Kind().String())
	}
}

// over sends a message through its bytes.
func over[M proto.Message](t *testing.T, in, out M) M {
	t.Helper()
	b, err := proto.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryFieldOfARowSurvivesTheBus(t *testing.T) {
	t.Parallel()
	var want chat.Row
	n := 0
	fill(reflect.ValueOf(&want).Elem(), &n)
	w, err := encodeRow(&want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeRow(over(t, w, &wire.Row{}))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	plain := chat.Row{Conversation: "c", Seq: 1, Kind: chat.KindMessage, Content: "hello", Time: want.Time}
	if w, err = encodeRow(&plain); err != nil || len(w.GetData()) != 0 {
		t.Errorf("a plain message carries data: %s, %v", w.GetData(), err)
	}
}

func TestEveryFieldOfASignalSurvivesTheBus(t *testing.T) {
	t.Parallel()
	kinds := reflect.TypeFor[chat.Signal]()
	for i := range kinds.NumField() {
		field := kinds.Field(i)
		if field.Type.Kind() != reflect.Pointer {
			continue
		}
		var want chat.Signal
		n := 0
		fill(reflect.ValueOf(&want.To).Elem(), &n)
		fill(reflect.ValueOf(&want).Elem().Field(i), &n)
		w := encodeSignal(&want)
		if w == nil {
			t.Errorf("%s does not travel", field.Name)
			continue
		}
		if got := decodeSignal(over(t, w, &wire.Signal{})); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, want %+v", field.Name, reflect.ValueOf(*got).Field(i).Elem(), reflect.ValueOf(want).Field(i).Elem())
		}
	}
	if encodeSignal(&chat.Signal{}) != nil || decodeSignal(&wire.Signal{}) != nil {
		t.Error("a signal that says nothing travels")
	}
}

func FuzzDecodingNeverFails(f *testing.F) {
	row, _ := encodeRow(&chat.Row{Conversation: "c", Seq: 1, Content: "hello"})
	b, _ := proto.Marshal(&wire.Packet{Node: "n", Number: 1, Rows: []*wire.Row{row}})
	f.Add(b)
	f.Fuzz(func(_ *testing.T, b []byte) {
		p := &wire.Packet{}
		if proto.Unmarshal(b, p) != nil {
			return
		}
		for _, r := range p.GetRows() {
			_, _ = decodeRow(r) // an error is fine, a panic is not
		}
		for _, s := range p.GetSignals() {
			decodeSignal(s)
		}
	})
}
