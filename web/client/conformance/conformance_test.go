package conformance_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk/web/client"
	"frontdesk/web/client/conformance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTheGoClientConforms runs every case in both encodings.
func TestTheGoClientConforms(t *testing.T) {
	t.Parallel()
	s, err := conformance.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(s)
	cases, err := conformance.Cases()
	if err != nil || len(cases) < 50 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	t.Cleanup(func() { // after the parallel cases
		s.Close()
		hs.Close()
	})
	for _, c := range cases {
		for _, enc := range []client.Encoding{client.JSON, client.Proto} {
			t.Run(c.Name+"/"+enc.Subprotocol(), func(t *testing.T) {
				t.Parallel()
				conform(t, hs, c, enc)
			})
		}
	}
}

func conform(t *testing.T, hs *httptest.Server, c conformance.Case, enc client.Encoding) {
	t.Helper()
	var begun struct{ Run string }
	post(t, hs, "/run?case="+c.Name, nil, &begun)
	h := newHarness(t, c, hs.URL, begun.Run, enc)
	h.start()
	defer func() { h.stop() }()
	for i, a := range c.Client {
		if err := h.await(a.When); err != nil {
			var v conformance.Verdict
			post(t, hs, "/run/"+begun.Run+"/report", h.report(), &v)
			t.Fatalf("act %d: %v; %q, %q", i+1, err, v.Failures, v.Waiting)
		}
		if err := h.act(a.Do); err != nil {
			t.Fatalf("act %d: %v", i+1, err)
		}
	}
	limit := time.Now().Add(30 * time.Second)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		var v conformance.Verdict
		post(t, hs, "/run/"+begun.Run+"/report", h.report(), &v)
		if v.OK {
			return
		}
		if len(v.Failures) > 0 || time.Now().After(limit) {
			t.Fatalf("%s\nfailures: %q\nwaiting: %q", c.About, v.Failures, v.Waiting)
		}
		select {
		case <-h.changed:
		case <-again.C:
		}
	}
}

// post sends v as JSON and reads the answer.
func post(t *testing.T, hs *httptest.Server, path string, v, out any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, hs.URL+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	res, err := hs.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		t.Fatalf("%s: status %d, %v", path, res.StatusCode, err)
	}
}
