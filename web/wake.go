package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// Signals shows a signal on this node and the others. *chat.Service fulfils it.
type Signals interface {
	Signal(s *chat.Signal) bool
}

// wakes hears what other nodes ask this one to look at again.
type wakes struct{ server *Server }

// Deliver implements chat.Sink. It does not block: each socket looks on a goroutine of its own.
func (w wakes) Deliver(u *chat.Update) {
	if !u.Remote || u.Signal == nil || u.Signal.Wake == nil || u.Signal.Wake.About != chat.WakeSessions {
		return
	}
	w.server.sockets.recheck(u.Signal.Wake.User, u.Signal.Wake.Key)
}

// signedOut ends the sockets of somebody who signed out, on this node
// at once and on the others as soon as they hear of it; at the latest with the
// next ping.
func (s *Server) signedOut(user, token string) {
	s.sockets.endSession(token, closeSignedOut)
	if s.cfg.Signals != nil {
		s.cfg.Signals.Signal(&chat.Signal{Wake: &chat.WakeSignal{About: chat.WakeSessions, User: user, Key: tokenName(token)}})
	}
}

// accountChanged has the sockets of an account looked at on every node: its role,
// sites or departments are others, all its sessions ended, or it is disabled.
func (s *Server) accountChanged(user string) {
	s.sockets.recheck(user, "")
	if s.cfg.Signals != nil {
		s.cfg.Signals.Signal(&chat.Signal{Wake: &chat.WakeSignal{About: chat.WakeSessions, User: user}})
	}
}

// tokenName names a session's token to other nodes without telling it.
func tokenName(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:16])
}

// recheck has the sockets of an agent looked at now, all or those of one session.
func (w *sockets) recheck(user, key string) {
	over := closeUnauthenticated
	if key != "" { // a sign-out on another node
		over = closeSignedOut
	}
	for i := range w.slots {
		for _, s := range w.slot(i) {
			if s.isOf(user, key) {
				w.wg.Go(func() {
					ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
					defer cancel()
					s.signedIn(ctx, over)
				})
			}
		}
	}
}

func (k *socket) isOf(user, key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ready && k.kind == kindAgent && k.self.ID == user && (key == "" || key == tokenName(k.cookie))
}

// stillSignedIn ends an agent's socket whose session is over, or whose rights have
// changed, and reports whether it goes on.
func (k *socket) stillSignedIn(ctx context.Context) bool {
	return k.signedIn(ctx, closeUnauthenticated)
}

// signedIn is stillSignedIn, with how the socket ends when the session is over.
func (k *socket) signedIn(ctx context.Context, over closing) bool {
	session, err := k.server.cfg.Sessions.Open(ctx, k.cookie)
	if errors.Is(err, identity.ErrUnauthenticated) {
		k.fail(err, "", "")
		k.end(over)
		return false
	}
	if err == nil && !reflect.DeepEqual(session.User.Actor(), k.self) {
		k.end(closeGoingAway) // role, sites or departments changed: it comes back under the new ones
		return false
	}
	return true
}
