package bot

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"

	"frontdesk/chat"
	"frontdesk/internal/identity"
)

// The variables that a canned reply may hold, as {{visitor.name}}. One whose
// value is not known leaves a neutral word, never an empty place in a sentence.
const (
	VarVisitorName  = "visitor.name"
	VarVisitorEmail = "visitor.email"
	VarAgentName    = "agent.name"
)

// CannedVariables returns the names that a canned reply may hold.
func CannedVariables() []string { return []string{VarVisitorName, VarVisitorEmail, VarAgentName} }

var variable = regexp.MustCompile(`\{\{\s*([a-z._]+)\s*\}\}`)

// variables are the values for one conversation and one agent.
func variables(head chat.Conversation, actor identity.Actor) map[string]string {
	return map[string]string{
		VarVisitorName:  head.Contact.Name,
		VarVisitorEmail: cmp.Or(head.Contact.Email, head.Email),
		VarAgentName:    actor.Name,
	}
}

// fillVariables puts values in. Where a visitor's name is not known, the blank
// before it goes too, and with it a comma that would stand before another sign:
// "Hello {{visitor.name}}," becomes "Hello,", and "please, {{visitor.name}}." becomes
// "please.". Values are data: a brace in a name is no variable.
func fillVariables(s string, values map[string]string) string {
	var b strings.Builder
	for {
		at := variable.FindStringSubmatchIndex(s)
		if at == nil {
			b.WriteString(s)
			return b.String()
		}
		name, before := s[at[2]:at[3]], s[:at[0]]
		value, known := values[name]
		s = s[at[1]:]
		switch {
		case !known:
			value = "{{" + name + "}}"
		case value == "":
			before = strings.TrimRight(before, " ")
			if strings.IndexFunc(s, unicode.IsPunct) == 0 {
				before = strings.TrimRight(before, ",，")
			}
		}
		b.WriteString(before)
		b.WriteString(value)
	}
}

// unknownVariable returns a variable that does not exist, or "".
func unknownVariable(s string) string {
	for _, m := range variable.FindAllStringSubmatch(s, -1) {
		switch m[1] {
		case VarVisitorName, VarVisitorEmail, VarAgentName:
		default:
			return m[1]
		}
	}
	return ""
}
