package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"frontdesk/web/frame"
)

// matches reports whether got is what pattern says, and with bound, what its
// names then stand for.
func matches(pattern, got any, names map[string]any) (bound map[string]any, ok bool) {
	switch p := pattern.(type) {
	case nil:
		return names, got == nil
	case string:
		switch {
		case p == "*":
			return names, got != nil
		case strings.HasPrefix(p, "$"):
			if known, ok := names[p]; ok {
				return names, reflect.DeepEqual(known, got)
			}
			if got == nil {
				return names, false
			}
			next := map[string]any{p: got}
			maps.Copy(next, names)
			return next, true
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return names, false
		}
		for key, want := range p {
			if names, ok = matches(want, g[key], names); !ok {
				return names, false
			}
		}
		return names, true
	}
	return names, reflect.DeepEqual(pattern, got)
}

// filled returns v with the names replaced by what they stand for.
func filled(v any, names map[string]any) any {
	switch v := v.(type) {
	case string:
		if known, ok := names[v]; ok && strings.HasPrefix(v, "$") {
			return known
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, part := range v {
			out[key] = filled(part, names)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, part := range v {
			out[i] = filled(part, names)
		}
		return out
	}
	return v
}

// generic returns a client's frames as JSON values: one, or a hello and the
// resumes that it carried.
func generic(binary bool, b []byte) ([]any, error) {
	f := &frame.ClientFrame{}
	var err error
	if binary {
		err = proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, f)
	} else {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, f)
	}
	if err != nil || f.GetFrame() == nil {
		return nil, fmt.Errorf("a frame that cannot be read: %q", b)
	}
	all := []*frame.ClientFrame{f}
	if h := f.GetHello(); h != nil {
		for _, r := range h.GetResume() {
			all = append(all, &frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: r}})
		}
		h.Resume = nil
	}
	var out []any
	for _, f := range all {
		b, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("write frame: %w", err)
		}
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			return nil, fmt.Errorf("read frame: %w", err)
		}
		out = append(out, v)
	}
	return out, nil
}

// wire returns a ServerFrame, given as JSON, in the encoding of the socket. What
// this version does not know goes out in JSON as it stands.
func wire(binary bool, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil || !binary {
		return b, err
	}
	f := &frame.ServerFrame{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("the script's frame %s: %w", b, err)
	}
	return proto.Marshal(f)
}

// nameOf returns the name of a frame.
func nameOf(v any) string {
	if m, ok := v.(map[string]any); ok {
		for name := range m {
			return name
		}
	}
	return ""
}
