package postgres

import (
	"errors"
	"testing"

	"frontdesk/internal/identity"
	"frontdesk/kb"
)

func TestNowMovesWithEveryPublicationAndSwitch(t *testing.T) {
	t.Parallel()
	r := newReception(t)
	r.publish("refund", "Three days.", "how do I get a refund")
	before, err := r.kb.Now(t.Context(), 1)
	if err != nil || before.Epoch == 0 || before.Fingerprint == "" {
		t.Fatalf("%+v, %v", before, err)
	}
	if again, err := r.kb.Now(t.Context(), 1); err != nil || again != before {
		t.Fatalf("nothing happened, but %+v became %+v, %v", before, again, err)
	}
	r.publish("refund", "One day.", "how do I get a refund")
	published, err := r.kb.Now(t.Context(), 1)
	if err != nil || published.Epoch <= before.Epoch {
		t.Fatalf("%+v, %v", published, err)
	}
	if err := r.kb.Archive(t.Context(), identity.System(), 1, "refund", ""); err != nil {
		t.Fatal(err)
	}
	if archived, err := r.kb.Now(t.Context(), 1); err != nil || archived.Epoch <= published.Epoch {
		t.Fatalf("%+v, %v", archived, err)
	}
	if _, err := r.pool.Exec(t.Context(), "UPDATE model_uses SET fingerprint = 'another' WHERE task = 'rerank'"); err != nil {
		t.Fatal(err)
	}
	if switched, err := r.kb.Now(t.Context(), 1); err != nil || switched.Pair != "another" {
		t.Fatalf("%+v, %v", switched, err)
	}
	if _, err := r.kb.Now(t.Context(), 99); !errors.Is(err, kb.ErrNotFound) {
		t.Fatalf("a site that does not exist: %v", err)
	}
}
