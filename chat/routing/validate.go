package routing

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/calendar"
)

// Validate checks whether the router can work with a configuration. Errors are a [FieldError].
func (s *Strategies) Validate(c Config) error {
	switch {
	case c.AgeingSeconds < 1 || c.AgeingSeconds > 86400:
		return Wrong("ageing_s", BadRange, "%d is not within 1–86400", c.AgeingSeconds)
	case c.ReservationSeconds < 0 || c.ReservationSeconds > 600:
		return Wrong("reservation_s", BadRange, "%d is not within 0–600", c.ReservationSeconds)
	case c.DefaultCap < 0 || c.DefaultCap > 1000:
		return Wrong("default_cap", BadRange, "%d is not within 0–1000", c.DefaultCap)
	case len(c.Rules) > MaxRules:
		return Wrong("rules", BadMany, "are %d, at most %d are possible", len(c.Rules), MaxRules)
	}
	if err := s.validateNamed(c); err != nil {
		return err
	}
	if err := validateSteps("overflow", c.Overflow); err != nil {
		return err
	}
	for i := range c.Rules {
		if err := c.Rules[i].validate(fmt.Sprintf("rules[%d]", i)); err != nil {
			return err
		}
	}
	seen := make(map[string]bool)
	for i, t := range c.Teams {
		field := fmt.Sprintf("teams[%d]", i)
		if t.Team == "" || seen[t.Team] {
			return Wrong(field+".team", BadTwice, "is empty or named twice")
		}
		seen[t.Team] = true
		if t.Hours != nil {
			if _, err := calendar.New(*t.Hours); err != nil {
				return Wrong(field+".hours", BadHours, "cannot be: %w", err)
			}
		}
		if err := validateSteps(field+".overflow", t.Overflow); err != nil {
			return err
		}
	}
	return nil
}

func (s *Strategies) validateNamed(c Config) error {
	seen := make(map[string]bool)
	for i, sc := range c.Strategies {
		k := s.index(sc.Name)
		if k < 0 {
			return Wrong(fmt.Sprintf("strategies[%d].name", i), BadUnknown, "%.40q is no strategy", sc.Name)
		}
		if seen[sc.Name] {
			return Wrong(fmt.Sprintf("strategies[%d].name", i), BadTwice, "%q is there twice", sc.Name)
		}
		seen[sc.Name] = true
		params := s.all[k].Spec.Params
		for name, v := range sc.Params {
			j := slices.IndexFunc(params, func(p ParamSpec) bool { return p.Name == name })
			if j < 0 {
				return Wrong(fmt.Sprintf("strategies[%d].params.%.40s", i, name), BadUnknown, "%s has no such parameter", sc.Name)
			}
			if p := params[j]; !(v >= p.Min && v <= p.Max) { // NaN is neither
				return Wrong(fmt.Sprintf("strategies[%d].params.%s", i, name), BadRange, "%g is not within %g–%g", v, p.Min, p.Max)
			}
		}
	}
	return nil
}

func validateSteps(field string, steps []Step) error {
	if len(steps) > MaxSteps {
		return Wrong(field, BadMany, "has %d steps, at most %d are possible", len(steps), MaxSteps)
	}
	last := -1
	for i, s := range steps {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case s.AfterSeconds < 0 || s.AfterSeconds > 86400:
			return Wrong(at+".after_s", BadRange, "%d is not within 0–86400", s.AfterSeconds)
		case s.AfterSeconds <= last:
			return Wrong(at+".after_s", BadOrder, "%d is not after the step before", s.AfterSeconds)
		case s.Levels < 0 || s.Levels > MaxLevel:
			return Wrong(at+".levels", BadRange, "%d is not within 0–%d", s.Levels, MaxLevel)
		case s.Priority < 0 || s.Priority > MaxPriority:
			return Wrong(at+".priority", BadRange, "%d is not within 0–%d", s.Priority, MaxPriority)
		case len(s.Teams) > MaxRules:
			return Wrong(at+".teams", BadMany, "are more than %d", MaxRules)
		}
		last = s.AfterSeconds
		for k, r := range s.Relax {
			if r != RelaxLanguage && r != RelaxTeam && r != RelaxSkills {
				return Wrong(fmt.Sprintf("%s.relax[%d]", at, k), BadUnknown, "%.40q is none of language, team, skills", r)
			}
		}
	}
	return nil
}

func (r *Rule) validate(field string) error {
	switch {
	case strings.TrimSpace(r.Name) == "" || len(r.Name) > MaxNameBytes || !utf8.ValidString(r.Name) || strings.ContainsRune(r.Name, 0):
		return Wrong(field+".name", badText(r.Name), "must be text of 1–%d bytes", MaxNameBytes)
	case len(r.When) == 0 || len(r.When) > MaxConditions:
		return Wrong(field+".when", BadMany, "must have 1–%d conditions", MaxConditions)
	case r.Priority < -MaxPriority || r.Priority > MaxPriority:
		return Wrong(field+".priority", BadRange, "%d is not within -%d–%d", r.Priority, MaxPriority, MaxPriority)
	case r.Weight < 0 || r.Weight > 100:
		return Wrong(field+".weight", BadRange, "%d is not within 0–100", r.Weight)
	}
	for i, c := range r.When {
		at := fmt.Sprintf("%s.when[%d]", field, i)
		switch {
		case c.Field == "" || len(c.Field) > MaxNameBytes:
			return Wrong(at+".field", badText(c.Field), "must have 1–%d bytes", MaxNameBytes)
		case !slices.Contains(Fields(), c.Field) && !strings.HasPrefix(c.Field, AttributePrefix):
			return Wrong(at+".field", BadUnknown, "%.40q is none of %s, attr.NAME", c.Field, strings.Join(Fields(), ", "))
		case !slices.Contains(Ops(), c.Op):
			return Wrong(at+".op", BadUnknown, "%.40q is none of %s", c.Op, strings.Join(Ops(), ", "))
		case !utf8.ValidString(c.Value) || strings.ContainsRune(c.Value, 0):
			return Wrong(at+".value", BadText, "has a character that is no text")
		case len(c.Value) > 1000:
			return Wrong(at+".value", BadLong, "is longer than 1000 bytes")
		case c.Value == "" && c.Op != OpExists && c.Op != OpIs && c.Op != OpNot:
			return Wrong(at+".value", BadEmpty, "is empty")
		}
	}
	return ValidateSkills(field+".skills", r.Skills)
}

// ValidateSkills checks skills and their levels, of an agent, a rule or an item.
// Errors are a [FieldError].
func ValidateSkills(field string, skills []Skill) error {
	if len(skills) > MaxSkills {
		return Wrong(field, BadMany, "are %d, at most %d are possible", len(skills), MaxSkills)
	}
	seen := make(map[string]bool)
	for i, s := range skills {
		name := strings.ToLower(s.Name)
		switch {
		case strings.TrimSpace(s.Name) == "" || s.Name != strings.TrimSpace(s.Name) || len(s.Name) > MaxNameBytes || !utf8.ValidString(s.Name) || strings.ContainsRune(s.Name, 0):
			return Wrong(fmt.Sprintf("%s[%d].name", field, i), badText(s.Name), "must be text of 1–%d bytes, without blanks around", MaxNameBytes)
		case s.Level < 1 || s.Level > MaxLevel:
			return Wrong(fmt.Sprintf("%s[%d].level", field, i), BadRange, "%d is not within 1–%d", s.Level, MaxLevel)
		case seen[name]:
			return Wrong(fmt.Sprintf("%s[%d].name", field, i), BadTwice, "%q is there twice", s.Name)
		}
		seen[name] = true
	}
	return nil
}

// AttributePrefix is what the field of a condition on a contact's attribute begins with.
const AttributePrefix = "attr."

// Fields returns the attributes that every item has, see [Condition].
func Fields() []string { return []string{"page", "locale", "reason", "email", "site"} }
