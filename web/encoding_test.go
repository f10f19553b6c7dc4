package web

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"frontdesk/chat"
	"frontdesk/web/frame"
)

// updates are one of each kind that goes out, with every field filled in.
func updates() map[string]*chat.Update {
	now := time.Date(2026, 11, 21, 3, 0, 0, 123456000, time.UTC)
	alice := chat.Author{Kind: chat.AuthorAgent, ID: "a1", Name: "Alice 爱丽丝"}
	signal := func(s chat.Signal) *chat.Update { return &chat.Update{Signal: &s} }
	row := func(kind chat.Kind, d chat.Data) *chat.Update {
		return &chat.Update{Row: &chat.Row{
			Conversation: "c1", Seq: 7, CID: "x", Author: alice, Kind: kind, Content: "line 1\nline 2 \u2028 <b> 你好 🎉", Time: now, Data: d,
		}}
	}
	return map[string]*chat.Update{
		"message": row(chat.KindMessage, chat.Data{
			State:   &chat.State{Status: chat.StatusOpen, Owner: chat.OwnerHuman, OwnerEpoch: 3, Assignee: alice, Team: "t"},
			Source:  &chat.Source{Article: "a", Locale: "en", Title: "T", Version: 2, Confidence: 0.875, Reworded: true},
			Buttons: []chat.Button{{ID: "b", Label: "L", Kind: "human"}}, Button: "b", Reason: "r", Locale: "zh-CN", OverCap: true, Suggestion: "s",
			Amendment: chat.Amendment{Edited: &now, History: []chat.Former{{Content: "was", Time: now}}},
			Extra:     []byte(`{"deep":{"list":[1,null,"x"]}}`),
		}),
		"note":     row(chat.KindNote, chat.Data{Mentions: []chat.Mention{{ID: "a2", Name: "Bob"}}}),
		"edited":   row(chat.KindEdited, chat.Data{Amendment: chat.Amendment{Target: 3}}),
		"deleted":  row(chat.KindDeleted, chat.Data{Amendment: chat.Amendment{Target: 3, Deleted: &now}}),
		"feedback": row(chat.KindFeedback, chat.Data{Feedback: &chat.Feedback{Seq: 2, Helpful: true}}),
		"typing":   signal(chat.Signal{Typing: &chat.TypingSignal{Conversation: "c1", Author: alice, On: true}}),
		"mark":     signal(chat.Signal{Mark: &chat.MarkSignal{Conversation: "c1", Author: alice, Delivered: 9, Read: 8}}),
		"viewing":  signal(chat.Signal{Viewing: &chat.ViewingSignal{Conversation: "c1", Agents: []chat.Author{alice}}}),
		"presence": signal(chat.Signal{Presence: &chat.PresenceSignal{Agent: alice, Presence: "away", Reason: "lunch", Active: 2, Cap: 5}}),
		"queue":    signal(chat.Signal{Queue: &chat.QueueSignal{Conversation: "c1", Position: 2, Waiting: 3, Expected: 1500 * time.Millisecond}}),
		"offer": signal(chat.Signal{Offer: &chat.OfferSignal{
			ID: "o", Conversation: "c1", ContactName: "Zoe", LastMessage: "hi", Skills: []string{"billing"}, Expires: now, Left: 1500 * time.Millisecond, Reason: "requested",
		}}),
		"gone":      signal(chat.Signal{Gone: &chat.GoneSignal{Conversation: "c1", Reason: "erased"}}),
		"offer_end": signal(chat.Signal{OfferEnd: &chat.OfferEndSignal{ID: "o", Conversation: "c1", Result: "timeout"}}),
	}
}

// Both encodings say the same, of every frame that the server sends by itself.
func TestBothEncodingsSayTheSame(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for name, u := range updates() {
		text, binary := &frame.ServerFrame{}, &frame.ServerFrame{}
		if err := protojson.Unmarshal(encodeUpdate(formatJSON, u), text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := proto.Unmarshal(encodeUpdate(formatProto, u), binary); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text.GetFrame() == nil || !proto.Equal(text, binary) {
			t.Errorf("%s: JSON says %v, binary %v", name, text, binary)
		}
		seen[string(text.ProtoReflect().WhichOneof(text.ProtoReflect().Descriptor().Oneofs().ByName("frame")).Name())] = true
	}
	fields := (&frame.ServerFrame{}).ProtoReflect().Descriptor().Oneofs().ByName("frame").Fields()
	for i := range fields.Len() {
		switch name := string(fields.Get(i).Name()); name {
		case "hello", "ack", "error", "resumed": // answers: made and encoded as frames
		default:
			if !seen[name] {
				t.Errorf("no update becomes the frame %s", name)
			}
		}
	}
	wake := &chat.Update{Signal: &chat.Signal{Wake: &chat.WakeSignal{}}}
	if b := encodeUpdate(formatJSON, wake); len(b) != 0 {
		t.Errorf("what is the server's own goes out: %s", b)
	}
}
