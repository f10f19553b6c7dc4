package web_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"frontdesk/web"
	"frontdesk/web/frame"
)

// What decodes is a frame that can be encoded again in both forms and then reads
// the same; what does not is refused without a panic.
func FuzzDecodeFrame(f *testing.F) {
	seed := &frame.ClientFrame{Frame: &frame.ClientFrame_Send{Send: &frame.Send{Conv: "c", Cid: "i", Content: "你好 \U0001F600", Type: "text"}}}
	binary, err := proto.Marshal(seed)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(web.FormatProto, binary)
	for _, s := range []string{
		`{"hello":{"token":"t","resume":[{"conv":"c","after_seq":1}]}}`, `{"send":{"content":"x"}}`, `{"typing":{"on":true}}`,
		`{"resume":{"after_seq":4294967295}}`, `{"send":null}`, `{"hello":{},"send":{}}`, `{"send":{"conv":"\u0000"}}`, `[[[[`, "\x00",
	} {
		f.Add(web.FormatJSON, []byte(s))
		f.Add(web.FormatProto, []byte(s))
	}
	f.Fuzz(func(t *testing.T, format int, b []byte) {
		decoded, err := web.DecodeFrame(format, b)
		if err != nil {
			return
		}
		if decoded.GetFrame() == nil {
			t.Fatal("a frame without content was taken")
		}
		text, err := protojson.Marshal(decoded)
		if err != nil {
			t.Fatal(err)
		}
		again, err := web.DecodeFrame(web.FormatJSON, text)
		if err != nil || !proto.Equal(again, decoded) {
			t.Fatalf("%s reads as %v, %v", text, again, err)
		}
	})
}
