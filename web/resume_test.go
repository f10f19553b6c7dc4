package web_test

import (
	"testing"

	"frontdesk/chat"
	"frontdesk/internal/identity"
	"frontdesk/web"
	"frontdesk/web/frame"
)

// EXPECTATIONS C Chat 7: the client resumes inside its own resume handler: as each event and each answer of the one
// before comes, while others write. Every answer comes, and the last resume shows each row once, in order.
func TestChat07AClientThatResumesInsideItsResumeHandlerMissesNothing(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond = -1 })
	v := h.visitor()
	actor := identity.VisitorClaims{Site: 1, Contact: v.contact}.Actor()
	say := func(n int) {
		t.Helper()
		for range n {
			if _, _, err := h.chat.Send(t.Context(), actor, chat.Send{CID: newID(), Kind: chat.KindMessage, Content: "x"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	const before, rounds = 40, 20 // a visitor's socket may send 60 frames at once
	say(before)
	w, _ := v.visitorWire()
	w.resume(v.conv, 0)
	var last uint32 // the highest seq without a hole, as clients keep it
	answers, asked, total := 0, 1, uint32(before)
	for answers < asked || last < total {
		f := w.next()
		switch {
		case f.GetEvent() != nil:
			if e := f.GetEvent(); e.GetSeq() > last+1 {
				t.Fatalf("event %d after %d", e.GetSeq(), last)
			} else if e.GetSeq() == last+1 {
				last++
			}
			if asked <= rounds && last%4 == 0 { // in the middle of a resume
				w.resume(v.conv, last)
				asked++
			}
		case f.GetResumed() != nil:
			answers++
			if r := f.GetResumed(); r.GetConv() != v.conv || r.GetLastSeq() > total {
				t.Fatalf("resumed: %v", r)
			}
			if asked <= 2*rounds { // inside the handler of its answer, and another message lands meanwhile
				w.resume(v.conv, last)
				asked++
				say(1)
				total++
			}
		default:
			t.Fatalf("unexpected %v", f)
		}
	}
	say(1) // it is followed once, not as often as it was resumed
	if e := w.event(); e.GetSeq() != total+1 {
		t.Fatalf("live: %v", e)
	}
	w.put(&frame.ClientFrame{Frame: &frame.ClientFrame_Resume{Resume: &frame.Resume{Conv: v.conv, AfterSeq: total + 1}}})
	if r := w.next().GetResumed(); r.GetLastSeq() != total+1 {
		t.Fatalf("after the live event comes %v: it came twice", r)
	}
}

// EXPECTATIONS C Chat 8: the client's seq is ahead of the server's after a restore. It is told where the log ends, a row
// that lands meanwhile is not taken for one that it has, and what the restore took is stored again when it is repeated.
// (That a restored server says so by another log epoch: TestBackupAndRestoreBringEverythingBackUnderANewLogEpoch.)
func TestChat08AClientAheadOfARestoredLogIsToldAndMissesNothing(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *web.Config) { c.SendsPerSecond = -1 })
	v := h.visitor()
	cids := make([]string, 5)
	for i := range cids {
		cids[i] = newID()
		v.send(cids[i], "before the backup, or after it").status(200)
	}
	for _, statement := range []string{ // the backup was taken after the second message
		"DELETE FROM conversation_log WHERE seq > 2", "UPDATE conversations SET last_seq = 2",
	} {
		if _, err := h.pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	w, _ := v.visitorWire()
	w.resume(v.conv, 5)
	if r := w.next().GetResumed(); r.GetLastSeq() != 2 {
		t.Fatalf("ahead of the log: %v, want the log's end, 2", r)
	}
	v.send(newID(), "landed meanwhile").status(200) // seq 3, which the client had of another message
	if e := w.event(); e.GetSeq() != 3 || e.GetContent() != "landed meanwhile" {
		t.Fatalf("live: %v", e)
	}
	w.resume(v.conv, 0) // what it has is void
	for want := uint32(1); want <= 3; want++ {
		if e := w.event(); e.GetSeq() != want {
			t.Fatalf("event %d, want %d", e.GetSeq(), want)
		}
	}
	w.next()
	v.send(cids[1], "before the backup, or after it").status(200).has(`"seq":2`) // that one is there
	v.send(cids[4], "before the backup, or after it").status(200).has(`"seq":4`) // that one is not
	if e := w.event(); e.GetSeq() != 4 || e.GetCid() != cids[4] {
		t.Fatalf("repeated after the restore: %v", e)
	}
}
