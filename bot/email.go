package bot

import (
	"net/mail"
	"regexp"
	"strings"

	"frontdesk/internal/text"
)

// addresses recognises an e-mail address that a visitor types as a message, when
// they were asked for one or before.
type addresses struct {
	address *regexp.Regexp
	around  *regexp.Regexp // what may stand around it in a message that only gives it
}

func newAddresses() addresses {
	return addresses{
		// Fewer than RFC 5322 allows: what people have.
		address: regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){0,6}\.[A-Za-z]{2,24}`),
		around: regexp.MustCompile(`^(?:我的?|这是|就|可以|请|发|到|给|我|用|个|是|的|邮箱|邮件|电子邮箱|电子邮件|地址|为|联系|回复|谢谢|好的?|嗯|` +
			`\b(?:my|the|this|here|it|is|it's|here's|e-?mail|mail|address|you can|can|please|pls|write|reach|contact|send|answer|reply|me|us|at|to|on|by|ok|okay|yes|sure|thanks|thank you|hi|hello)\b|[\s\p{P}<>])*$`),
	}
}

// find returns the address in a message. only reports that there is nothing else
// in it. Several addresses are none.
func (a addresses) find(message string) (address string, only bool) {
	if !strings.ContainsAny(message, "@＠") || len(message) > 4*maxQuestionRunes {
		return "", false
	}
	found := a.address.FindAllStringIndex(message, 2)
	if len(found) == 0 { // full width, as an input method writes it
		message = text.Normalize(message)
		found = a.address.FindAllStringIndex(message, 2)
	}
	if len(found) != 1 {
		return "", false
	}
	address = message[found[0][0]:found[0][1]]
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address || len(address) > maxAddressBytes {
		return "", false
	}
	return address, a.around.MatchString(strings.ToLower(message[:found[0][0]])) && a.around.MatchString(strings.ToLower(message[found[0][1]:]))
}

// maxAddressBytes is the longest address: RFC 5321, section 4.5.3.1.3, less the brackets.
const maxAddressBytes = 254
