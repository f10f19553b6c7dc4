package web

import (
	"context"
	"errors"
	"time"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// floodError refuses a message of somebody who writes faster than people do. It
// is an errRateLimited: nothing is lost, the client sends it again after the pause.
type floodError struct{ after time.Duration }

func (e *floodError) Error() string {
	return "messages come faster than they can be read; wait a moment"
}
func (e *floodError) Unwrap() error             { return errRateLimited }
func (e *floodError) RetryAfter() time.Duration { return max(e.after, time.Second) }

// admitMessage decides whether a visitor may write now: no entry of the block
// list, and no faster than the limits of the visitor and of their address. A
// proxy's or the operator's own address says nothing about the visitor: it has no
// limit, and neither has who comes from it but the one a second. It waits for nothing.
func (s *Server) admitMessage(site int32, contact, address string) error {
	if err := s.pace(s.sendLimit, contact, "send"); err != nil {
		return err
	}
	if err := s.barred(site, contact, address); err != nil {
		return err
	}
	if loopback(address) {
		return nil
	}
	if err := s.pace(s.floodLimit, contact, "flood"); err != nil {
		return err
	}
	return s.pace(s.addressLimit, address, "address")
}

// pace counts a message of key against a limit.
func (s *Server) pace(l *limiter, key, name string) error {
	err := l.take(key)
	if err == nil {
		return nil
	}
	s.metrics.rateLimited.WithLabelValues(name).Inc()
	var later interface{ RetryAfter() time.Duration }
	if errors.As(err, &later) {
		return &floodError{after: later.RetryAfter()}
	}
	return err
}

// barred returns chat.ErrBlocked for those on the block list.
func (s *Server) barred(site int32, contact, address string) error {
	if s.cfg.Blocks == nil {
		return nil
	}
	err := s.cfg.Blocks.Check(site, contact, address)
	if errors.Is(err, chat.ErrBlocked) {
		s.metrics.rateLimited.WithLabelValues("blocked").Inc()
	}
	return err
}

// orGone turns "not found" into "unauthenticated" for a visitor whose contact is
// no longer there: who has identified themselves in another tab keeps what they
// wrote and sends it again under their new token.
func (s *Server) orGone(ctx context.Context, contact string, err error) error {
	if s.cfg.Contacts == nil || contact == "" || !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	if gone, lookup := s.cfg.Contacts.Gone(ctx, contact); lookup == nil && gone {
		return identity.ErrTokenInvalid
	}
	return err
}

// visitor is the contact whose socket it is, empty for an agent's.
func (k *socket) visitor() string {
	if k.kind != kindVisitor {
		return ""
	}
	return k.self.ID
}

// site is the one whose visitor's socket it is.
func (k *socket) site() int32 {
	if len(k.self.Scope.Sites) == 0 {
		return 0
	}
	return k.self.Scope.Sites[0]
}

// leftBy ends a visitor's socket whose conversation has become an identified
// contact's: its token is no longer good, the client comes back with its new one.
func (k *socket) leftBy(r *chat.Row) bool {
	if k.kind != kindVisitor || r.Contact == "" || r.Contact == k.self.ID {
		return false
	}
	k.fail(identity.ErrTokenInvalid, "", "") // ends it
	return true
}
