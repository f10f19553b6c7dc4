package routing

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// What can be wrong with a field of a setting.
const (
	BadEmpty    = "empty"
	BadLong     = "too_long"
	BadText     = "not_text" // a NUL, or no UTF-8
	BadRange    = "out_of_range"
	BadMany     = "too_many" // too many of them, or too few
	BadTwice    = "twice"
	BadUnknown  = "unknown"
	BadOrder    = "order"   // a step that is not after the one before
	BadNothing  = "nothing" // a step that changes nothing
	BadHours    = "hours"
	BadLanguage = "language"
	BadWeight   = "over_capacity" // more than anybody can hold: it would wait for ever
)

// FieldError is what is wrong with one field of a setting. It wraps [ErrConfig].
type FieldError struct {
	Field string // as JSON names it: rules[1].when[0].value
	Code  string // for machines: BadEmpty and the like
	err   error  // in English, for developers, after the field
}

// Error implements error.
func (e *FieldError) Error() string { return fmt.Sprintf("%v: %s %v", ErrConfig, e.Field, e.err) }

// Reason returns what is wrong, without the field.
func (e *FieldError) Reason() string { return e.err.Error() }

// Unwrap makes it an [ErrConfig].
func (e *FieldError) Unwrap() []error { return []error{ErrConfig, e.err} }

// Wrong returns a [FieldError]; format says what is wrong with the field, after its name.
func Wrong(field, code, format string, args ...any) error {
	return &FieldError{Field: field, Code: code, err: fmt.Errorf(format, args...)}
}

// badText says what is wrong with a text that is not as it must be.
func badText(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return BadEmpty
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return BadText
	}
	return BadLong
}

// Check is Validate for what a person is about to save, and refuses besides what
// the router can work with but nobody means: what it stored before it stays in force.
// most is the largest capacity that anybody of the site has. Errors are a [FieldError].
func (s *Strategies) Check(c Config, most int) error {
	if err := s.Validate(c); err != nil {
		return err
	}
	if err := checkSteps("overflow", c.Overflow); err != nil {
		return err
	}
	for i, t := range c.Teams {
		if err := checkSteps(fmt.Sprintf("teams[%d].overflow", i), t.Overflow); err != nil {
			return err
		}
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		for k, w := range r.When {
			if strings.TrimSpace(strings.TrimPrefix(w.Field, AttributePrefix)) == "" || strings.ContainsRune(w.Field, 0) || !utf8.ValidString(w.Field) {
				return Wrong(fmt.Sprintf("rules[%d].when[%d].field", i, k), BadEmpty, "needs the name of the attribute after %s", AttributePrefix)
			}
		}
		if r.Weight > most {
			return Wrong(fmt.Sprintf("rules[%d].weight", i), BadWeight, "%d is more than anybody's capacity, which is %d at most: such a conversation would wait for ever", r.Weight, most)
		}
	}
	return nil
}

func checkSteps(field string, steps []Step) error {
	for i, s := range steps {
		at := fmt.Sprintf("%s[%d]", field, i)
		for k, r := range s.Relax {
			if slices.Contains(s.Relax[:k], r) {
				return Wrong(fmt.Sprintf("%s.relax[%d]", at, k), BadTwice, "%q is there twice", r)
			}
		}
		for k, t := range s.Teams {
			if slices.Contains(s.Teams[:k], t) {
				return Wrong(fmt.Sprintf("%s.teams[%d]", at, k), BadTwice, "is there twice")
			}
		}
		if len(s.Relax) == 0 && len(s.Teams) == 0 && s.Levels == 0 && s.Priority == 0 {
			return Wrong(at, BadNothing, "changes nothing: relax something, add teams or raise the priority")
		}
	}
	return nil
}
