package routing

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/internal/calendar"
)

// Validate checks what a person set. Errors wrap [ErrConfig] and name the field.
func (s *Strategies) Validate(c Config) error {
	switch {
	case c.AgeingSeconds < 1 || c.AgeingSeconds > 86400:
		return fmt.Errorf("%w: ageing_s %d is not within 1–86400", ErrConfig, c.AgeingSeconds)
	case c.ReservationSeconds < 0 || c.ReservationSeconds > 600:
		return fmt.Errorf("%w: reservation_s %d is not within 0–600", ErrConfig, c.ReservationSeconds)
	case c.DefaultCap < 0 || c.DefaultCap > 1000:
		return fmt.Errorf("%w: default_cap %d is not within 0–1000", ErrConfig, c.DefaultCap)
	case len(c.Rules) > MaxRules:
		return fmt.Errorf("%w: rules are %d, at most %d are possible", ErrConfig, len(c.Rules), MaxRules)
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
			return fmt.Errorf("%w: %s.team is empty or named twice", ErrConfig, field)
		}
		seen[t.Team] = true
		if t.Hours != nil {
			if _, err := calendar.New(*t.Hours); err != nil {
				return fmt.Errorf("%w: %s.hours: %w", ErrConfig, field, err)
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
			return fmt.Errorf("%w: strategies[%d].name %.40q is no strategy", ErrConfig, i, sc.Name)
		}
		if seen[sc.Name] {
			return fmt.Errorf("%w: strategies[%d].name %q is there twice", ErrConfig, i, sc.Name)
		}
		seen[sc.Name] = true
		params := s.all[k].Spec.Params
		for name, v := range sc.Params {
			j := slices.IndexFunc(params, func(p ParamSpec) bool { return p.Name == name })
			if j < 0 {
				return fmt.Errorf("%w: strategies[%d].params.%.40s: %s has no such parameter", ErrConfig, i, name, sc.Name)
			}
			if p := params[j]; !(v >= p.Min && v <= p.Max) { // NaN is neither
				return fmt.Errorf("%w: strategies[%d].params.%s %g is not within %g–%g", ErrConfig, i, name, v, p.Min, p.Max)
			}
		}
	}
	return nil
}

func validateSteps(field string, steps []Step) error {
	if len(steps) > MaxSteps {
		return fmt.Errorf("%w: %s has %d steps, at most %d are possible", ErrConfig, field, len(steps), MaxSteps)
	}
	last := -1
	for i, s := range steps {
		switch {
		case s.AfterSeconds < 0 || s.AfterSeconds > 86400:
			return fmt.Errorf("%w: %s[%d].after_s %d is not within 0–86400", ErrConfig, field, i, s.AfterSeconds)
		case s.AfterSeconds <= last:
			return fmt.Errorf("%w: %s[%d].after_s %d is not after the step before", ErrConfig, field, i, s.AfterSeconds)
		case s.Levels < 0 || s.Levels > MaxLevel:
			return fmt.Errorf("%w: %s[%d].levels %d is not within 0–%d", ErrConfig, field, i, s.Levels, MaxLevel)
		case s.Priority < 0 || s.Priority > MaxPriority:
			return fmt.Errorf("%w: %s[%d].priority %d is not within 0–%d", ErrConfig, field, i, s.Priority, MaxPriority)
		case len(s.Teams) > MaxRules:
			return fmt.Errorf("%w: %s[%d].teams are more than %d", ErrConfig, field, i, MaxRules)
		}
		last = s.AfterSeconds
		for _, r := range s.Relax {
			if r != RelaxLanguage && r != RelaxTeam && r != RelaxSkills {
				return fmt.Errorf("%w: %s[%d].relax %.40q is none of language, team, skills", ErrConfig, field, i, r)
			}
		}
	}
	return nil
}

func (r *Rule) validate(field string) error {
	switch {
	case strings.TrimSpace(r.Name) == "" || len(r.Name) > MaxNameBytes || !utf8.ValidString(r.Name) || strings.ContainsRune(r.Name, 0):
		return fmt.Errorf("%w: %s.name must have 1–%d bytes", ErrConfig, field, MaxNameBytes)
	case len(r.When) == 0 || len(r.When) > MaxConditions:
		return fmt.Errorf("%w: %s.when must have 1–%d conditions", ErrConfig, field, MaxConditions)
	case r.Priority < -MaxPriority || r.Priority > MaxPriority:
		return fmt.Errorf("%w: %s.priority %d is not within -%d–%d", ErrConfig, field, r.Priority, MaxPriority, MaxPriority)
	case r.Weight < 0 || r.Weight > 100:
		return fmt.Errorf("%w: %s.weight %d is not within 0–100", ErrConfig, field, r.Weight)
	}
	for i, c := range r.When {
		switch {
		case c.Field == "" || len(c.Field) > MaxNameBytes:
			return fmt.Errorf("%w: %s.when[%d].field must have 1–%d bytes", ErrConfig, field, i, MaxNameBytes)
		case !slices.Contains(Fields(), c.Field) && !strings.HasPrefix(c.Field, AttributePrefix):
			return fmt.Errorf("%w: %s.when[%d].field %.40q is none of %s, attr.NAME", ErrConfig, field, i, c.Field, strings.Join(Fields(), ", "))
		case !slices.Contains(Ops(), c.Op):
			return fmt.Errorf("%w: %s.when[%d].op %.40q is none of %s", ErrConfig, field, i, c.Op, strings.Join(Ops(), ", "))
		case len(c.Value) > 1000 || !utf8.ValidString(c.Value) || strings.ContainsRune(c.Value, 0):
			return fmt.Errorf("%w: %s.when[%d].value is longer than 1000 bytes", ErrConfig, field, i)
		case c.Value == "" && c.Op != OpExists && c.Op != OpIs && c.Op != OpNot:
			return fmt.Errorf("%w: %s.when[%d].value is empty", ErrConfig, field, i)
		}
	}
	return ValidateSkills(field+".skills", r.Skills)
}

// ValidateSkills checks skills and their levels, of an agent, a rule or an item.
// Errors wrap [ErrConfig] and name the field.
func ValidateSkills(field string, skills []Skill) error {
	if len(skills) > MaxSkills {
		return fmt.Errorf("%w: %s are %d, at most %d are possible", ErrConfig, field, len(skills), MaxSkills)
	}
	seen := make(map[string]bool)
	for i, s := range skills {
		name := strings.ToLower(s.Name)
		switch {
		case strings.TrimSpace(s.Name) == "" || s.Name != strings.TrimSpace(s.Name) || len(s.Name) > MaxNameBytes || !utf8.ValidString(s.Name) || strings.ContainsRune(s.Name, 0):
			return fmt.Errorf("%w: %s[%d].name must have 1–%d bytes, without blanks around", ErrConfig, field, i, MaxNameBytes)
		case s.Level < 1 || s.Level > MaxLevel:
			return fmt.Errorf("%w: %s[%d].level %d is not within 1–%d", ErrConfig, field, i, s.Level, MaxLevel)
		case seen[name]:
			return fmt.Errorf("%w: %s[%d].name %q is there twice", ErrConfig, field, i, s.Name)
		}
		seen[name] = true
	}
	return nil
}

// AttributePrefix is what the field of a condition on a contact's attribute begins with.
const AttributePrefix = "attr."

// Fields returns the attributes that every item has, see [Condition].
func Fields() []string { return []string{"page", "locale", "reason", "email", "site"} }
