package web

import (
	"bytes"
	"encoding/json"
	"errors"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"frontdesk/web/frame"
)

// decodeFrame reads a client's frame. Fields of newer clients are ignored;
// errBadFrame for everything that is no frame we know.
func decodeFrame(format int, b []byte) (*frame.ClientFrame, error) {
	f := &frame.ClientFrame{}
	var err error
	if format == formatProto {
		err = proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: 16}.Unmarshal(b, f)
	} else {
		err = protojson.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: 16}.Unmarshal(b, f)
	}
	if err != nil && format == formatJSON {
		f, err = wellFormed(b)
	}
	if err != nil || f.GetFrame() == nil {
		return nil, badFrameError{nameIn(format, b)}
	}
	return f, nil
}

// wellFormed reads a frame whose text is not well-formed Unicode, such as half
// of a surrogate pair (a JavaScript string that was cut within an emoji), as a
// REST body is read: what is no character becomes U+FFFD (Unicode 16, 3.9). A
// client would repeat a refused one for ever.
func wellFormed(b []byte) (*frame.ClientFrame, error) {
	var loose any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&loose); err != nil {
		return nil, errBadFrame
	}
	if d.More() {
		return nil, errBadFrame
	}
	b, err := json.Marshal(loose)
	if err != nil {
		return nil, errBadFrame
	}
	f := &frame.ClientFrame{}
	return f, protojson.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: 16}.Unmarshal(b, f) //nolint:wrapcheck // told as errBadFrame
}

// badFrameError is errBadFrame of a frame of which this could be read.
type badFrameError struct{ about }

func (badFrameError) Error() string { return errBadFrame.Error() }
func (badFrameError) Unwrap() error { return errBadFrame }

// aboutBad returns what an unreadable frame is about, as far as that could be read.
func aboutBad(err error) about {
	if b, ok := errors.AsType[badFrameError](err); ok {
		return b.about
	}
	return about{}
}

// maxBadName bounds what of an unreadable frame is said back: a UUID's length.
const maxBadName = 36

// nameIn finds the message that an unreadable frame holds, so that its sender
// can take it off the outbox.
func nameIn(format int, b []byte) about {
	type message struct{ Conv, CID string }
	var f struct{ Send, Edit message }
	if format != formatJSON || json.Unmarshal(b, &f) != nil {
		return about{}
	}
	m := f.Send
	if m == (message{}) {
		m = f.Edit
	}
	if len(m.Conv) > maxBadName || len(m.CID) > maxBadName {
		return about{}
	}
	return about{conv: m.Conv, cid: m.CID}
}
