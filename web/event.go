package web

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"frontdesk/chat"
	"frontdesk/web/frame"
)

// The formats that a chat.Update keeps its encodings in.
const (
	formatJSON = iota
	formatProto
	formatCount
)

var _ [chat.Formats - formatCount]struct{} // chat keeps at least as many

// encodeFrame encodes one frame for the wire. It cannot fail for frames that we
// make ourselves: their strings are valid UTF-8.
func encodeFrame(format int, f *frame.ServerFrame) ([]byte, error) {
	if format == formatProto {
		return proto.Marshal(f) //nolint:wrapcheck // the caller logs it
	}
	return protojson.MarshalOptions{UseProtoNames: true}.Marshal(f) //nolint:wrapcheck // likewise
}

// encodeUpdate encodes a hub's update, once for all sockets of a format. It
// returns nil when the row cannot be encoded.
func encodeUpdate(format int, u *chat.Update) []byte {
	return u.Encoded(format, func() []byte {
		var f *frame.ServerFrame
		if u.Row != nil {
			f = &frame.ServerFrame{Frame: &frame.ServerFrame_Event{Event: eventOf(u.Row)}}
		} else {
			f = signalFrame(u.Signal)
		}
		if f == nil {
			return []byte{}
		}
		b, err := encodeFrame(format, f)
		if err != nil {
			return []byte{}
		}
		return b
	})
}

// eventOf returns the row as it goes over the wire. A row for a visitor must
// have passed Row.ForVisitor.
func eventOf(r *chat.Row) *frame.Event {
	e := &frame.Event{
		Conv: r.Conversation, Seq: r.Seq, Cid: r.CID, Author: authorOf(r.Author), Kind: string(r.Kind), Content: r.Content,
		Time: timestamppb.New(r.Time), Reason: r.Data.Reason, Locale: r.Data.Locale,
	}
	if st := r.Data.State; st != nil {
		e.State = stateOf(*st)
	}
	if src := r.Data.Source; src != nil {
		e.Source = &frame.Source{
			Article: src.Article, Locale: src.Locale, Title: src.Title, Version: src.Version, Confidence: src.Confidence, Reworded: src.Reworded,
		}
	}
	for _, b := range r.Data.Buttons {
		e.Buttons = append(e.Buttons, &frame.Button{Id: b.ID, Label: b.Label, Kind: b.Kind})
	}
	e.Data = extraOf(r.Data)
	return e
}

// extraOf returns what a row carries beyond the named fields, or nil.
func extraOf(d chat.Data) *structpb.Struct {
	out := &structpb.Struct{}
	if len(d.Extra) > 0 && protojson.Unmarshal(d.Extra, out) != nil {
		out = &structpb.Struct{} // not an object: nothing a client could read
	}
	for _, key := range traceOnly() {
		delete(out.Fields, key)
	}
	if d.Button != "" {
		set(out, "button", structpb.NewStringValue(d.Button))
	}
	if d.Suggestion != "" {
		set(out, "suggestion", structpb.NewStringValue(d.Suggestion))
	}
	amendmentOf(out, d)
	if d.OverCap {
		set(out, "over_cap", structpb.NewBoolValue(true))
	}
	if d.Routing != nil {
		set(out, "routing", recordOf(d.Routing))
	}
	if i := d.Invitee; i != nil {
		set(out, "invitee", structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{
			"id": structpb.NewStringValue(i.ID), "name": structpb.NewStringValue(i.Name),
		}}))
	}
	if f := d.Feedback; f != nil {
		set(out, "feedback", structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{
			"seq": structpb.NewNumberValue(float64(f.Seq)), "helpful": structpb.NewBoolValue(f.Helpful),
		}}))
	}
	if len(out.GetFields()) == 0 {
		return nil
	}
	return out
}

// amendmentOf adds what tells of changes after a row was written, and of mentions.
func amendmentOf(out *structpb.Struct, d chat.Data) {
	if d.Target > 0 {
		set(out, "target", structpb.NewNumberValue(float64(d.Target)))
	}
	if d.Edited != nil {
		set(out, "edited", structpb.NewStringValue(d.Edited.UTC().Format(time.RFC3339Nano)))
	}
	if d.Deleted != nil {
		set(out, "deleted", structpb.NewStringValue(d.Deleted.UTC().Format(time.RFC3339Nano)))
	}
	if len(d.History) > 0 {
		list := &structpb.ListValue{}
		for _, f := range d.History {
			list.Values = append(list.Values, structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{
				"content": structpb.NewStringValue(f.Content), "time": structpb.NewStringValue(f.Time.UTC().Format(time.RFC3339Nano)),
			}}))
		}
		set(out, "history", structpb.NewListValue(list))
	}
	if len(d.Mentions) > 0 {
		list := &structpb.ListValue{}
		for _, m := range d.Mentions {
			list.Values = append(list.Values, structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{
				"id": structpb.NewStringValue(m.ID), "name": structpb.NewStringValue(m.Name),
			}}))
		}
		set(out, "mentions", structpb.NewListValue(list))
	}
}

// traceOnly are the fields of a row of the bot's that only explain it: the why
// route returns them to who asks, no socket carries them with every row.
func traceOnly() []string {
	return []string{"asked", "features", "terms", "thresholds", "stage_ms", "parts", "pair_model", "rewritten"}
}

func set(s *structpb.Struct, key string, v *structpb.Value) {
	if s.Fields == nil {
		s.Fields = map[string]*structpb.Value{}
	}
	s.Fields[key] = v
}

func authorOf(a chat.Author) *frame.Author {
	return &frame.Author{Kind: string(a.Kind), Id: a.ID, Name: a.Name}
}

func stateOf(st chat.State) *frame.State {
	out := &frame.State{Status: string(st.Status), Owner: string(st.Owner), OwnerEpoch: st.OwnerEpoch, Team: st.Team}
	if st.Assignee.ID != "" {
		out.Assignee = authorOf(st.Assignee)
	}
	return out
}

// Event is a row in REST answers: exactly the ProtoJSON of frame.Event.
type Event struct{ message *frame.Event }

// MarshalJSON implements json.Marshaler.
func (e Event) MarshalJSON() ([]byte, error) {
	b, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(e.message)
	if err != nil {
		return nil, err //nolint:wrapcheck // encoding/json wraps it
	}
	// protojson varies its white space on purpose; answers should not.
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		return nil, err //nolint:wrapcheck // likewise
	}
	return out.Bytes(), nil
}

// Schema implements huma.SchemaProvider from the frame's own description, so
// that the two cannot differ.
func (Event) Schema(r huma.Registry) *huma.Schema {
	return messageSchema(r, (&frame.Event{}).ProtoReflect().Descriptor())
}

// messageSchema describes the ProtoJSON of a message (defaults are left out, so nothing is required).
func messageSchema(r huma.Registry, m protoreflect.MessageDescriptor) *huma.Schema {
	switch m.FullName() {
	case "google.protobuf.Timestamp":
		return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
	case "google.protobuf.Struct":
		return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
	}
	name := string(m.Name())
	if r.Map()[name] == nil {
		s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
		r.Map()[name] = s // before its fields: a message may contain itself
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			fs := fieldSchema(r, f)
			if f.IsList() {
				fs = &huma.Schema{Type: huma.TypeArray, Items: fs}
			}
			s.Properties[string(f.Name())] = fs
		}
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

func fieldSchema(r huma.Registry, f protoreflect.FieldDescriptor) *huma.Schema {
	switch f.Kind() { //nolint:exhaustive // the kinds that protocol.proto uses; a test walks all fields
	case protoreflect.MessageKind:
		return messageSchema(r, f.Message())
	case protoreflect.BoolKind:
		return &huma.Schema{Type: huma.TypeBoolean}
	case protoreflect.Uint32Kind, protoreflect.Int32Kind:
		return &huma.Schema{Type: huma.TypeInteger}
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return &huma.Schema{Type: huma.TypeNumber}
	}
	return &huma.Schema{Type: huma.TypeString}
}

// eventsOf returns rows as REST answers carry them, never null.
func eventsOf(rows []chat.Row) []Event {
	out := make([]Event, len(rows))
	for i := range rows {
		out[i] = Event{eventOf(&rows[i])}
	}
	return out
}
