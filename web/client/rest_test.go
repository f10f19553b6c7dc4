package client_test

import (
	"errors"
	"net/http"
	"testing"

	"frontdesk/web/client"
)

func TestSessionRoutes(t *testing.T) {
	t.Parallel()
	bubble(t, func(w *world) {
		ctx := w.t.Context()
		hc := w.pipe.HTTPClient()
		defer hc.CloseIdleConnections()
		api, err := client.NewAPI("http://pipe/", hc)
		if err != nil {
			t.Fatal(err)
		}
		if err := api.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		s, err := api.VisitorSession(ctx, client.SessionRequest{Locale: "en"})
		if err != nil {
			t.Fatal(err)
		}
		again, err := api.VisitorSession(ctx, client.SessionRequest{Token: s.Token})
		if err != nil || again.Conversation != s.Conversation {
			t.Fatalf("session with a token: %+v, %v; want conversation %s", again, err, s.Conversation)
		}
		if err := api.RequestHuman(ctx, s.Token); err != nil {
			t.Fatal(err)
		}

		w.srv.AddAgent("a@example.org", "pw")
		_, err = api.AgentLogin(ctx, "a@example.org", "wrong")
		var p *client.ProblemError
		if !errors.As(err, &p) || p.Status != http.StatusUnauthorized || p.Code != "unauthenticated" {
			t.Fatalf("wrong password: %v", err)
		}
		a, err := api.AgentLogin(ctx, "a@example.org", "pw")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(api.SetPresence(ctx, a, "online"), api.Claim(ctx, a, s.Conversation)); err != nil {
			t.Fatal(err)
		}
		a.Auth.CSRF = "forged"
		if err := api.Claim(ctx, a, s.Conversation); !errors.As(err, &p) || p.Status != http.StatusForbidden {
			t.Fatalf("forged csrf: %v", err)
		}

		for range 5 {
			w.srv.Post(s.Conversation, "hello")
		}
		mine, err := api.VisitorMessages(ctx, s.Token, 3, 200)
		if err != nil || len(mine.Events) != 2 || mine.LastSeq != 5 || mine.Events[0].Seq != 4 {
			t.Fatalf("visitor's messages after 3: %v, %v", mine, err)
		}
		theirs, err := api.AgentMessages(ctx, a, s.Conversation, 0, 3)
		if err != nil || len(theirs.Events) != 3 || theirs.LastSeq != 5 {
			t.Fatalf("agent's messages: %v, %v", theirs, err)
		}
	})
}
