package bot

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"frontdesk/internal/calendar"
)

// ErrPolicy says what is wrong with a policy, naming the field.
var ErrPolicy = errors.New("this setting of the bot cannot be used")

// ErrPolicyConflict says that somebody else changed a site's policy meanwhile.
var ErrPolicyConflict = errors.New("the bot's settings were changed by somebody else meanwhile: read them again")

// Mode is whether the bot speaks at a site.
type Mode string

// The modes. The zero Mode is ModeLive.
const (
	ModeLive   Mode = "live"
	ModeShadow Mode = "shadow" // decides and stores the trace, says nothing: straight to a person
	ModeOff    Mode = "off"    // straight to a person
)

// Policy is how the bot behaves at one site. The zero Policy, of a site where
// nobody has set anything, is live for every conversation with what the
// installation configures.
type Policy struct {
	Version int64 // raised by each change; 0 = never set
	Mode    Mode
	// Percent of conversations that the bot serves (or, in shadow, watches), 0–100,
	// by a hash of the conversation's id; the rest goes straight to people. Only
	// of meaning with a Version.
	Percent           int
	Answer, Clarify   float64 // see [Thresholds]; 0 = configured or learnt
	MaxClarifications int     // see [Thresholds]; 0 = configured
	// Hours are the business hours, in which a person can be expected; nil = not known.
	Hours     *calendar.Hours
	Suggest   float64 // least confidence of a suggested reply, 0 = the default
	Generator bool    // a text generator may rewrite; off by default
	// Gate: if GateOn, drafts are only published from the console after a replay
	// in which at most GateWorse per cent of the answers changed for the worse.
	GateOn    bool
	GateWorse float64   // 0–100
	UpdatedAt time.Time // zero = never
	UpdatedBy string    // user id
}

// Policies tell the policy of a site; *[Settings] is one.
type Policies interface {
	// Policy returns what is set at a site, at most a second old.
	Policy(ctx context.Context, site int32) (Policy, error)
}

// Validate checks what a person set. Errors wrap [ErrPolicy].
func (p Policy) Validate() error {
	switch {
	case p.Mode != ModeLive && p.Mode != ModeShadow && p.Mode != ModeOff:
		return fmt.Errorf("%w: mode %.20q is none of live, shadow, off", ErrPolicy, p.Mode)
	case p.Percent < 0 || p.Percent > 100:
		return fmt.Errorf("%w: percent %d is not within 0–100", ErrPolicy, p.Percent)
	case p.MaxClarifications < 0 || p.MaxClarifications > maxClarifications:
		return fmt.Errorf("%w: max_clarifications %d is not within 0–%d", ErrPolicy, p.MaxClarifications, maxClarifications)
	case !(p.GateWorse >= 0 && p.GateWorse <= 100):
		return fmt.Errorf("%w: gate_worse %g is not within 0–100", ErrPolicy, p.GateWorse)
	}
	for name, v := range map[string]float64{"answer": p.Answer, "clarify": p.Clarify, "suggest": p.Suggest} {
		if !(v >= 0 && v <= 1) { // NaN is neither
			return fmt.Errorf("%w: %s %g is not within 0–1", ErrPolicy, name, v)
		}
	}
	return nil
}

// maxClarifications bounds what may be set: nobody is asked back six times.
const maxClarifications = 5

// ModeFor returns what the bot does in a conversation: the same at every node and
// each time, and a higher percentage only ever adds conversations.
func (p Policy) ModeFor(conversation string) Mode {
	switch {
	case p.Mode == ModeOff:
		return ModeOff
	case p.Version != 0 && shareOf(conversation) >= p.Percent:
		return ModeOff
	case p.Mode == ModeShadow:
		return ModeShadow
	}
	return ModeLive
}

// shareOf maps a conversation to 0–99, evenly. FNV's low bits alone are uneven
// for ids that differ in their last digits: both halves are folded.
func shareOf(conversation string) int {
	h := fnv.New128a()
	_, _ = h.Write([]byte(conversation))
	sum := h.Sum(nil)
	return int((binary.BigEndian.Uint64(sum[:8]) ^ binary.BigEndian.Uint64(sum[8:])) % 100)
}

// Thresholds returns base with what the policy sets in its place.
func (p Policy) Thresholds(base Thresholds) Thresholds {
	if p.Answer > 0 {
		base.Answer = p.Answer
	}
	if p.Clarify > 0 {
		base.Clarify = p.Clarify
	}
	if p.MaxClarifications > 0 {
		base.MaxClarifications = p.MaxClarifications
	}
	return base
}

// Shown returns what of a decision the visitor sees: of one in shadow only that
// a person is coming.
func (d Decision) Shown() Decision {
	if !d.Shadow || d.Action == ActionHandover {
		return d
	}
	return handover(d.Locale, ReasonShadow)
}
