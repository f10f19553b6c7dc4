package chat

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"frontdesk/internal/identity"
)

// AttributeType says what values an attribute takes.
type AttributeType string

// The types.
const (
	AttributeText    AttributeType = "text"   // ≤ 500 characters
	AttributeNumber  AttributeType = "number" // finite
	AttributeBoolean AttributeType = "boolean"
	AttributeDate    AttributeType = "date"   // "2006-01-02"
	AttributeChoice  AttributeType = "choice" // one of the options
	AttributeLink    AttributeType = "link"   // an http or https address
)

// Attribute is something that a site keeps about its contacts.
type Attribute struct {
	Key      string // small letters, digits, underscores
	LabelEN  string
	LabelZH  string
	Type     AttributeType
	Options  []string // of a choice
	FromPage bool     // the page may set it without a signature
}

// maxAttributes bounds what a site may define.
const maxAttributes = 50

// Attributes returns what a site keeps about its contacts.
func (c *Contacts) Attributes(ctx context.Context, actor identity.Actor, site int32) ([]Attribute, error) {
	if err := permit(actor, identity.PermContactRead); err != nil {
		return nil, err
	}
	return c.store.ContactAttributes(ctx, actor.Scope, site)
}

// SaveAttributes replaces what a site keeps. Values of attributes that are gone stay stored and are not shown.
func (c *Contacts) SaveAttributes(ctx context.Context, actor identity.Actor, site int32, all []Attribute) ([]Attribute, error) {
	if err := permit(actor, identity.PermContactAdmin); err != nil {
		return nil, err
	}
	if len(all) > maxAttributes {
		return nil, fmt.Errorf("%w: at most %d attributes", ErrContactInvalid, maxAttributes)
	}
	seen := map[string]bool{}
	for i := range all {
		a := &all[i]
		if err := a.check(); err != nil {
			return nil, err
		}
		if seen[a.Key] {
			return nil, fmt.Errorf("%w: key %q stands there twice", ErrContactInvalid, a.Key)
		}
		seen[a.Key] = true
	}
	if err := c.store.SaveContactAttributes(ctx, actor.Scope, site, all, author(actor)); err != nil {
		return nil, fmt.Errorf("save contact attributes: %w", err)
	}
	return c.store.ContactAttributes(ctx, actor.Scope, site)
}

func (a *Attribute) check() error {
	if ok, _ := regexp.MatchString(`^[a-z][a-z0-9_]{0,39}$`, a.Key); !ok { // the pattern is good
		return fmt.Errorf("%w: key %q must be small letters, digits and underscores, 1–40, a letter first", ErrContactInvalid, a.Key)
	}
	a.LabelEN, a.LabelZH = strings.TrimSpace(a.LabelEN), strings.TrimSpace(a.LabelZH)
	for name, label := range map[string]string{"label_en": a.LabelEN, "label_zh": a.LabelZH} {
		if err := contactText(name, label, 100); err != nil {
			return err
		}
	}
	switch a.Type {
	case AttributeText, AttributeNumber, AttributeBoolean, AttributeDate, AttributeLink:
		a.Options = nil
	case AttributeChoice:
		if len(a.Options) == 0 || len(a.Options) > 100 {
			return fmt.Errorf("%w: attribute %s needs 1–100 options", ErrContactInvalid, a.Key)
		}
		for _, o := range a.Options {
			if strings.TrimSpace(o) == "" {
				return fmt.Errorf("%w: attribute %s has a blank option", ErrContactInvalid, a.Key)
			}
			if err := contactText("option", o, 100); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%w: type of %s must be text, number, boolean, date, choice or link", ErrContactInvalid, a.Key)
	}
	return nil
}

// checkAttributes returns the values as they are stored; nil removes one.
func checkAttributes(known []Attribute, values map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(values))
	for key, value := range values {
		i := slices.IndexFunc(known, func(a Attribute) bool { return a.Key == key })
		if i < 0 {
			return nil, fmt.Errorf("%w: attribute %q is not one of the site's", ErrContactInvalid, key)
		}
		v, err := known[i].value(value)
		if err != nil {
			return nil, err
		}
		out[key] = v
	}
	return out, nil
}

// fitting returns those values that the site keeps and that are of their type,
// and the keys of all others. With page it takes only what pages may set.
func fitting(known []Attribute, values map[string]any, page bool) (good map[string]any, ignored []string) {
	good = map[string]any{}
	for key, value := range values {
		i := slices.IndexFunc(known, func(a Attribute) bool { return a.Key == key && (a.FromPage || !page) })
		if i < 0 {
			ignored = append(ignored, key)
			continue
		}
		if v, err := known[i].value(value); err == nil {
			good[key] = v
		} else {
			ignored = append(ignored, key)
		}
	}
	slices.Sort(ignored)
	return good, ignored
}

// value checks one value.
func (a Attribute) value(v any) (any, error) {
	if v == nil {
		return nil, nil // nil removes the value
	}
	bad := func(what string) error {
		return fmt.Errorf("%w: attribute %s must be %s", ErrContactInvalid, a.Key, what)
	}
	if a.Type == AttributeNumber {
		if n, ok := v.(float64); ok && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return n, nil
		}
		return nil, bad("a number")
	}
	if a.Type == AttributeBoolean {
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, bad("true or false")
	}
	s, ok := v.(string)
	if s = strings.TrimSpace(s); !ok || contactText(a.Key, s, 500) != nil {
		return nil, bad("one line of text, at most 500 characters")
	}
	if s == "" {
		return nil, nil
	}
	switch a.Type {
	case AttributeDate:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return nil, bad("a date such as 2026-01-31")
		}
	case AttributeChoice:
		if !slices.Contains(a.Options, s) {
			return nil, bad("one of its options")
		}
	case AttributeLink:
		if u, err := url.Parse(s); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, bad("an http or https address")
		}
	case AttributeText, AttributeNumber, AttributeBoolean:
	}
	return s, nil
}
