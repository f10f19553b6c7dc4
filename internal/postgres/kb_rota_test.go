package postgres

import (
	"context"
	"errors"
	"testing"
)

func TestOnlyOneNodeLearnsFromASite(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	other := NewKnowledge(l.store.pool)
	failed := errors.New("failed")
	called, err := l.store.Alone(t.Context(), 1, func(ctx context.Context) error {
		if called, err := other.Alone(ctx, 1, func(context.Context) error { t.Error("two at once"); return nil }); called || err != nil {
			t.Errorf("%v, %v", called, err)
		}
		if called, err := other.Alone(ctx, 2, func(context.Context) error { return nil }); !called || err != nil {
			t.Errorf("another site: %v, %v", called, err)
		}
		return failed
	})
	if !called || !errors.Is(err, failed) {
		t.Errorf("%v, %v", called, err)
	}
	if called, err := other.Alone(t.Context(), 1, func(context.Context) error { return nil }); !called || err != nil {
		t.Errorf("afterwards: %v, %v", called, err)
	}
}
