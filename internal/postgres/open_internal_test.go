package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestADatabaseThatRecoversIsWaitedForAndNoOtherRefusal(t *testing.T) {
	t.Parallel()
	recovers := fmt.Errorf("failed to connect: %w", &pgconn.PgError{Code: cannotConnectNow})
	for name, c := range map[string]struct {
		answers []error // the last one for ever
		took    time.Duration
	}{
		"up":             {[]error{nil}, 0},
		"recovers":       {[]error{recovers, recovers, nil}, 2 * startPause},
		"never":          {[]error{recovers}, startWait},
		"no such user":   {[]error{&pgconn.PgError{Code: "28000"}}, 0},
		"nobody listens": {[]error{errors.New("connection refused")}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			began, n := time.Now(), 0
			err := onceUp(t.Context(), func() error {
				n++
				return c.answers[min(n, len(c.answers))-1]
			})
			if want := c.answers[len(c.answers)-1]; !errors.Is(err, want) {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(began); took < c.took || took > c.took+startPause {
				t.Errorf("%s: %v", name, took)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := onceUp(ctx, func() error { return recovers }); !errors.Is(err, recovers) {
		t.Error(err)
	}
}
