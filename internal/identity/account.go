package identity

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NormalizeEmail returns the address in the form in which it is stored and
// compared: trimmed and in lower case. [ErrInvalid] when it is no plain address.
func NormalizeEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("%w: email must look like name@example.com", ErrInvalid)
	}
	return s, nil
}

// CheckPassword refuses passwords that are too short or too long to hash.
func CheckPassword(s string) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("%w: password is not UTF-8", ErrInvalid)
	case utf8.RuneCountInString(s) < MinPasswordRunes:
		return fmt.Errorf("%w: password must have at least %d characters", ErrInvalid, MinPasswordRunes)
	case len(s) > MaxPasswordBytes:
		return fmt.Errorf("%w: password must have at most %d bytes", ErrInvalid, MaxPasswordBytes)
	}
	return nil
}

// CheckName refuses names that cannot be shown on one line.
func CheckName(field, s string) error {
	switch {
	case utf8.ValidString(s) && VisibleName(s) == "":
		return fmt.Errorf("%w: %s is blank", ErrInvalid, field)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%w: %s contains characters that cannot be shown", ErrInvalid, field)
	case utf8.RuneCountInString(s) > 200:
		return fmt.Errorf("%w: %s is longer than 200 characters", ErrInvalid, field)
	}
	return nil
}

// CheckLocale accepts the two languages of the user interface.
func CheckLocale(s string) error {
	if s != "zh-CN" && s != "en" {
		return fmt.Errorf("%w: locale must be zh-CN or en", ErrInvalid)
	}
	return nil
}

// Validate brings u's e-mail address to its stored form and checks what cannot be stored.
func (u *User) Validate() (err error) {
	if u.Email, err = NormalizeEmail(u.Email); err != nil {
		return err
	}
	if err := CheckName("name", u.Name); err != nil {
		return err
	}
	if u.Role != RoleAgent && u.Role != RoleAdmin {
		return fmt.Errorf("%w: role must be agent or admin", ErrInvalid)
	}
	return CheckLocale(u.Locale)
}
