package postgres

import (
	"strings"
	"testing"
	"time"

	"frontdesk/chat/history"
)

func TestATranscriptShowsTheEndOfWhatIsTooLong(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	transcripts, err := history.NewTranscripts(a.store, []byte(strings.Repeat("t", 32)), a.now)
	if err != nil {
		t.Fatal(err)
	}
	visitor, conv := a.visitor()
	a.say(visitor, conv.ID, "the first word")
	note(a, a.agent("alice"), conv.ID, strings.Repeat("a secret ", 1000))
	a.say(visitor, conv.ID, "the second word")
	link, err := transcripts.Make(t.Context(), visitor, conv, 0, "en")
	if err != nil {
		t.Fatal(err)
	}
	open := func() history.Transcript {
		t.Helper()
		out, err := transcripts.Open(t.Context(), link.Token)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	short := open()
	said := func(out history.Transcript) (all string) {
		for i := range out.Rows {
			all += out.Rows[i].Content + "|"
		}
		return all
	}
	if all := said(short); short.Cut || !strings.HasPrefix(all, "the first word|") || !strings.HasSuffix(all, "the second word|") || strings.Contains(all, "secret") {
		t.Errorf("cut %v: %q", short.Cut, all)
	}
	// Ninety minutes of a visitor who means harm: 10,000 characters a message.
	a.exec(`INSERT INTO conversation_log (conversation_id, seq, client_id, site_id, department_id, author_kind, kind, content, created_at)
		SELECT $1, s, gen_random_uuid(), 1, 1, 'visitor', 'message', repeat('退', 10000) || s, now() FROM generate_series(11, 400) s`, conv.ID)
	a.exec("UPDATE conversations SET last_seq = 400 WHERE id = $1", conv.ID)
	long := open()
	bytes := 0
	for i := range long.Rows {
		bytes += len(long.Rows[i].Content)
	}
	if n := len(long.Rows); !long.Cut || n < 60 || long.Rows[n-1].Seq != 400 || bytes > 2<<20 || bytes < 2<<20-40_000 {
		t.Errorf("cut %v, %d rows, %d bytes", long.Cut, n, bytes)
	}
	// Who loads it again and again writes nothing.
	for range 3 {
		if out := open(); out.Opened != 1 {
			t.Errorf("opened %d times within a minute", out.Opened)
		}
	}
	a.advance(time.Minute)
	if out := open(); out.Opened != 2 {
		t.Errorf("opened %d times", out.Opened)
	}
}
