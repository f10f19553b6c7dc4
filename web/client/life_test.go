package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coder/websocket"

	"frontdesk/web/client"
	"frontdesk/web/client/clienttest"
	"frontdesk/web/frame"
)

func TestCloseCodesDecideWhetherTheClientReturns(t *testing.T) {
	t.Parallel()
	for code, returns := range map[websocket.StatusCode]bool{
		4408:                            true,
		4409:                            true,
		4410:                            true,
		4403:                            false,
		websocket.StatusNormalClosure:   true,
		websocket.StatusGoingAway:       true,
		websocket.StatusInternalError:   true,
		websocket.StatusServiceRestart:  true,
		websocket.StatusTryAgainLater:   true,
		websocket.StatusProtocolError:   false,
		websocket.StatusUnsupportedData: false,
		websocket.StatusPolicyViolation: false,
		websocket.StatusMessageTooBig:   false,
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(w *world) {
				token, _ := w.srv.AddVisitor()
				p := w.visitor(token)
				p.until("hello", func() bool { return len(p.hellos) == 1 })
				w.srv.CloseAll(code)
				if returns {
					p.until("second hello", func() bool { return len(p.hellos) == 2 })
					return
				}
				p.until("end", func() bool { return p.ended })
				wantErr(t, p.err, client.ErrRejected)
			})
		})
	}
}

func TestARefusedMessageIsReportedOnceAndNotRepeated(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		w.srv.SetFaults(clienttest.Faults{Refuse: func(m *frame.Send) *frame.Error {
			if m.Content == "bad" {
				return &frame.Error{Code: "invalid", Message: "blank"}
			}
			return nil
		}})
		p := w.visitor(token)
		_, err := p.Send(w.t.Context(), client.Message{Conv: conv, Content: "bad"})
		var refused *client.RefusedError
		if !errors.As(err, &refused) || refused.Code != "invalid" {
			t.Fatalf("got %v, want a refusal", err)
		}
		p.enqueue(conv, "good")
		p.untilAcked(1)
		w.wantStored(conv, []string{"good"})
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.refused) != 1 || p.Waiting() != 0 {
			t.Errorf("%d refusals, %d waiting", len(p.refused), p.Waiting())
		}
	})
}

func TestWithWindowOneTheOrderAsTypedSurvivesRefusalsThatAskForARetry(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		n := 0
		w.srv.SetFaults(clienttest.Faults{Refuse: func(*frame.Send) *frame.Error {
			if n++; n%3 == 0 {
				return nil
			}
			return &frame.Error{Code: "overloaded", RetryAfterMs: 700}
		}})
		p := w.visitor(token)
		begin := time.Now()
		p.enqueue(conv, numbered(10)...)
		p.untilAcked(10)
		w.wantStored(conv, numbered(10))
		if n := p.Stats().Deferred; n != 20 {
			t.Errorf("%d times deferred, want 20", n)
		}
		if d := time.Since(begin); d < 20*700*time.Millisecond {
			t.Errorf("ten messages refused twice each took %s, less than the pauses asked for", d)
		}
	})
}

func TestARefusedConversationDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		_, slow := w.srv.AddVisitor()
		_, fast := w.srv.AddVisitor()
		w.srv.SetFaults(clienttest.Faults{Refuse: func(m *frame.Send) *frame.Error {
			if m.Conv == slow {
				return &frame.Error{Code: "unavailable", RetryAfterMs: 1000}
			}
			return nil
		}})
		p := w.agent()
		p.enqueue(slow, "waits")
		p.enqueue(fast, "passes")
		p.untilAcked(1)
		if p.acks[0].Conv != fast || p.Waiting() != 1 {
			t.Errorf("acknowledged %v, %d waiting", p.acks[0], p.Waiting())
		}
	})
}

func TestTheOutboxIsBoundedAndFailsWhenTheClientEnds(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		w.srv.SetDown(true)
		p := w.visitor(token, func(c *client.Config) { c.OutboxMax = 2 })
		failed := make(chan error, 1)
		go func() {
			_, err := p.Send(context.WithoutCancel(w.t.Context()), client.Message{Conv: conv, Content: "one"})
			failed <- err
		}()
		limit := time.NewTimer(time.Second)
		<-limit.C // bubble time: Send has enqueued
		p.enqueue(conv, "two")
		_, err := p.Enqueue(client.Message{Conv: conv, Content: "three"})
		wantErr(t, err, client.ErrOutboxFull)
		if err := p.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		wantErr(t, <-failed, client.ErrClosed)
		_, err = p.Enqueue(client.Message{Conv: conv, Content: "four"})
		wantErr(t, err, client.ErrClosed)
	})
}

func TestTheSameCIDIsQueuedOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		w.srv.SetDown(true)
		p := w.visitor(token)
		cid, err := client.NewCID()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := p.Enqueue(client.Message{Conv: conv, CID: cid, Content: "once"}); err != nil {
				t.Fatal(err)
			}
		}
		w.srv.SetDown(false)
		p.untilAcked(1)
		w.wantStored(conv, []string{"once"})
	})
}

func TestAnUnansweredMessageEndsTheConnectionAndGoesOutAgain(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		muted := 0
		w.srv.SetFaults(clienttest.Faults{Mute: func(*frame.Ack) bool { muted++; return muted == 1 }})
		p := w.visitor(token)
		p.enqueue(conv, "hello?")
		p.untilAcked(1)
		w.wantStored(conv, []string{"hello?"})
		if st := p.Stats(); st.Connects != 2 || st.Resends != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestASilentServerIsLeft(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, _ := w.srv.AddVisitor()
		begin := time.Now()
		p := w.visitor(token) // the test server promises pings and sends none
		p.until("second hello", func() bool { return len(p.hellos) == 2 })
		if d := time.Since(begin); d < 40*time.Second || d > time.Minute {
			t.Errorf("left after %s, want about 45 s", d)
		}
	})
}

func TestAServerThatHangsUpAfterHelloIsNotHammered(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, _ := w.srv.AddVisitor()
		w.srv.SetFaults(clienttest.Faults{Cut: func(p clienttest.Point, _ string) bool { return p == clienttest.AfterHello }})
		p := w.visitor(token)
		limit := time.NewTimer(10 * time.Minute)
		<-limit.C
		if n := p.Stats().Connects; n < 20 || n > 400 {
			t.Errorf("%d connections in ten minutes", n)
		}
	})
}

func TestRefusedCredentialsAreRefreshedOnceOrEndTheClient(t *testing.T) {
	t.Parallel()
	t.Run("without refresh", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(w *world) {
			p := w.visitor("unknown")
			p.until("end", func() bool { return p.ended })
			wantErr(t, p.err, client.ErrUnauthenticated)
		})
	})
	t.Run("with refresh", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(w *world) {
			token, conv := w.srv.AddVisitor()
			fresh := w.srv.Revoke(token)
			p := w.visitor(token, func(c *client.Config) {
				c.Refresh = func() (client.Auth, error) { return client.Auth{Token: fresh}, nil }
			})
			p.enqueue(conv, "still here")
			p.untilAcked(1)
		})
	})
	t.Run("refresh does not help", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(w *world) {
			calls := 0
			p := w.visitor("unknown", func(c *client.Config) {
				c.Refresh = func() (client.Auth, error) { calls++; return client.Auth{Token: "unknown too"}, nil }
			})
			p.until("end", func() bool { return p.ended })
			wantErr(t, p.err, client.ErrUnauthenticated)
			if calls != 1 {
				t.Errorf("refreshed %d times", calls)
			}
		})
	})
	t.Run("closed as unauthenticated", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(w *world) {
			token, conv := w.srv.AddVisitor()
			refreshed := make(chan string, 1)
			p := w.visitor(token, func(c *client.Config) {
				c.Refresh = func() (client.Auth, error) { return client.Auth{Token: <-refreshed}, nil }
			})
			p.until("hello", func() bool { return len(p.hellos) == 1 })
			refreshed <- w.srv.Revoke(token)
			w.srv.CloseAll(4401)
			p.enqueue(conv, "back again")
			p.untilAcked(1)
		})
	})
	t.Run("agent without session", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(w *world) {
			p := w.start(client.Config{Role: client.Agent, Auth: client.Auth{Cookie: "frontdesk_session=nobody", CSRF: "x"}})
			p.until("end", func() bool { return p.ended })
			wantErr(t, p.err, client.ErrUnauthenticated)
		})
	})
}

func TestAResumeRefusedForTheMomentIsRepeated(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		w.srv.Post(conv, "waiting for you")
		n := 0
		w.srv.SetFaults(clienttest.Faults{RefuseResume: func(r *frame.Resume) *frame.Error {
			if n++; n > 2 {
				return nil
			}
			return &frame.Error{Code: "overloaded", Conv: r.Conv, RetryAfterMs: 300}
		}})
		p := w.visitor(token)
		p.untilEvents(1)
		if st := p.Stats(); st.Connects != 1 {
			t.Errorf("stats %+v, want a single connection", st)
		}
	})
}

func TestAConversationThatMayNotBeReadIsReportedAndForgotten(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		p := w.visitor(token)
		if err := p.Follow("no-such-conversation", 0); err != nil {
			t.Fatal(err)
		}
		p.until("problem", func() bool { return len(p.issues) == 1 })
		p.enqueue(conv, "unharmed")
		p.untilEvents(1)
	})
}

func TestTypingReachesTheOtherSide(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		token, conv := w.srv.AddVisitor()
		v, a := w.visitor(token), w.agent()
		if err := a.Follow(conv, 0); err != nil {
			t.Fatal(err)
		}
		w.srv.Post(conv, "both are here")
		v.untilEvents(1)
		a.untilEvents(1)
		v.Typing(conv, true)
		a.until("typing", func() bool { return len(a.typing) == 1 })
		if ty := a.typing[0]; !ty.On || ty.Author.GetKind() != "visitor" {
			t.Errorf("typing %v", ty)
		}
	})
}

func TestAConfigThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]client.Config{
		"no URL":          {Role: client.Visitor, Auth: client.Auth{Token: "t"}},
		"wrong scheme":    {URL: "ws://x", Role: client.Visitor, Auth: client.Auth{Token: "t"}},
		"no role":         {URL: "http://x", Auth: client.Auth{Token: "t"}},
		"no credentials":  {URL: "http://x", Role: client.Visitor},
		"visitor's inbox": {URL: "http://x", Role: client.Visitor, Auth: client.Auth{Token: "t"}, Inbox: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client.New(cfg)
			wantErr(t, err, client.ErrInvalid)
		})
	}
}
