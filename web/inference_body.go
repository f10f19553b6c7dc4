package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"frontdesk/models"
)

// modelBody holds the fields of all model routes as they were sent. Unknown fields are ignored: clients of newer
// versions send some.
type modelBody struct {
	Input          json.RawMessage `json:"input"`           // OpenAI
	Model          json.RawMessage `json:"model"`           // OpenAI
	EncodingFormat json.RawMessage `json:"encoding_format"` // OpenAI
	Dimensions     json.RawMessage `json:"dimensions"`

	Inputs              json.RawMessage `json:"inputs"`
	Query               json.RawMessage `json:"query"`
	Texts               json.RawMessage `json:"texts"`
	Normalize           json.RawMessage `json:"normalize"`
	Truncate            json.RawMessage `json:"truncate"`
	TruncationDirection json.RawMessage `json:"truncation_direction"`
	PromptName          json.RawMessage `json:"prompt_name"`
	RawScores           json.RawMessage `json:"raw_scores"`
	ReturnText          json.RawMessage `json:"return_text"`
	AddSpecialTokens    json.RawMessage `json:"add_special_tokens"`
}

// faultKind says in which way a request is at fault; the wires have statuses and words of their own for each.
type faultKind int

const (
	faultField   faultKind = iota // a field is missing, of the wrong type or has a value that is not allowed
	faultText                     // a text cannot be read by the model
	faultEmpty                    // there is nothing to do
	faultTooMany                  // more texts than one request may have
	faultTooLong                  // a text is longer than allowed
)

// fieldError is a fault of the request. Both strings are meant for the client and quote nothing that it sent.
type fieldError struct {
	kind          faultKind
	field, reason string // field is empty when it is the body as a whole
}

func (e *fieldError) Error() string {
	if e.field == "" {
		return e.reason
	}
	return e.field + " " + e.reason
}

func fault(kind faultKind, field, reason string, args ...any) error {
	return &fieldError{kind: kind, field: field, reason: fmt.Sprintf(reason, args...)}
}

// readModelBody splits a body into its fields. encoding/json refuses more than 10,000 levels of nesting.
func readModelBody(raw []byte) (b modelBody, err error) {
	err = json.Unmarshal(raw, &b)
	if err == nil {
		return b, nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return b, fault(faultField, "", "the body is not JSON: it goes wrong at byte %d", syntax.Offset)
	}
	return b, fault(faultField, "", "the body must be a JSON object")
}

// absent reports whether a field was left out or is null.
func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// jsonKind names a JSON value's type.
func jsonKind(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '"':
		return "a string"
	case '[':
		return "a list"
	case '{':
		return "an object"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// flag reads a boolean.
func flag(raw json.RawMessage, field string, otherwise bool) (v bool, err error) {
	if absent(raw) {
		return otherwise, nil
	}
	if json.Unmarshal(raw, &v) != nil {
		return false, fault(faultField, field, "must be true or false, not %s", jsonKind(raw))
	}
	return v, nil
}

// word reads a string that is no text for the model.
func word(raw json.RawMessage, field string) (v string, err error) {
	if absent(raw) {
		return "", nil
	}
	if json.Unmarshal(raw, &v) != nil {
		return "", fault(faultField, field, "must be a string, not %s", jsonKind(raw))
	}
	return v, nil
}

// dimensions reads the wanted length of vectors and checks it against what the model allows; 0 = all.
func (b *modelBody) dimensions(m models.Manifest) (n int, err error) {
	if absent(b.Dimensions) {
		return 0, nil
	}
	if json.Unmarshal(b.Dimensions, &n) != nil {
		return 0, fault(faultField, "dimensions", "must be an integer, not %s", jsonKind(b.Dimensions))
	}
	allowed := m.Dims == n
	words := make([]string, 0, len(m.Matryoshka)+1)
	for _, d := range m.Matryoshka {
		allowed = allowed || d == n
		words = append(words, strconv.Itoa(d))
	}
	if len(words) == 0 || m.Matryoshka[len(m.Matryoshka)-1] != m.Dims {
		words = append(words, strconv.Itoa(m.Dims))
	}
	if !allowed {
		return 0, fault(faultField, "dimensions", "must be one of %s for model %s", strings.Join(words, ", "), m.Name)
	}
	return n, nil
}

// truncation reads whether and where long texts are cut (TEI: not, unless asked for, and then at the end).
func (b *modelBody) truncation() (models.Cut, error) {
	cut, err := flag(b.Truncate, "truncate", false)
	if err != nil {
		return models.CutNot, err
	}
	direction, err := word(b.TruncationDirection, "truncation_direction")
	if err != nil {
		return models.CutNot, err
	}
	side := models.CutRight
	switch strings.ToLower(direction) {
	case "", "right":
	case "left":
		side = models.CutLeft
	default:
		return models.CutNot, fault(faultField, "truncation_direction", "must be Left or Right")
	}
	if !cut {
		return models.CutNot, nil
	}
	return side, nil
}

// textInput is what is to be embedded: texts or token ids.
type textInput struct {
	texts []string
	ids   [][]int32
	list  bool // it came as a list, so that a fault names the place
}

// name names the i-th text.
func (in *textInput) name(field string, i int) string {
	if !in.list {
		return field
	}
	return field + "[" + strconv.Itoa(i) + "]"
}

// estimate guesses the tokens.
func (in *textInput) estimate(limit int) (n int) {
	for _, t := range in.texts {
		n += estimate(t, limit)
	}
	for _, ids := range in.ids {
		n += len(ids)
	}
	return n
}

// readModelInput reads a text, a list of texts, the token ids of one text or a list of those: what OpenAI's input and TEI's
// inputs may be. At most limit texts.
func readModelInput(raw json.RawMessage, field string, limit int) (in textInput, err error) {
	if absent(raw) {
		return in, fault(faultField, field, "is missing; send a text or a list of texts")
	}
	if raw[0] == '"' {
		text, err := readText(raw, field)
		in.texts = []string{text}
		return in, err
	}
	if raw[0] != '[' {
		return in, fault(faultField, field, "must be a text, a list of texts, or token ids, not %s", jsonKind(raw))
	}
	var first json.RawMessage
	count := 0
	for element := range elements(raw) {
		if count == 0 {
			first = element
		}
		count++
	}
	if count == 0 {
		return in, fault(faultEmpty, field, "is empty; send at least one text")
	}
	if jsonKind(first) == "a number" {
		ids, err := readIDs(raw, field)
		in.ids = [][]int32{ids}
		return in, err
	}
	in.list = true
	if count > limit {
		return in, fault(faultTooMany, field, "has %d texts, a request may have %d; split it", count, limit)
	}
	i := 0
	for element := range elements(raw) {
		name := in.name(field, i)
		switch {
		case jsonKind(first) == "a string" && jsonKind(element) == "a string":
			text, err := readText(element, name)
			if err != nil {
				return in, err
			}
			in.texts = append(in.texts, text)
		case jsonKind(first) == "a list" && jsonKind(element) == "a list":
			ids, err := readIDs(element, name)
			if err != nil {
				return in, err
			}
			in.ids = append(in.ids, ids)
		case jsonKind(element) == "a string" || jsonKind(element) == "a list":
			return in, fault(faultField, name, "is %s among others that are not; send either texts or token ids", jsonKind(element))
		default:
			return in, fault(faultField, name, "must be a text or a list of token ids, not %s", jsonKind(element))
		}
		i++
	}
	return in, nil
}

// readTexts reads a text, if single allows one, or a list of texts.
func readTexts(raw json.RawMessage, field string, limit int, single bool) (in textInput, err error) {
	if absent(raw) {
		return in, fault(faultField, field, "is missing; send a list of texts")
	}
	if kind := jsonKind(raw); kind != "a list" && (kind != "a string" || !single) {
		return in, fault(faultField, field, "must be a list of texts, not %s", kind)
	}
	in, err = readModelInput(raw, field, limit)
	if err == nil && in.texts == nil {
		err = fault(faultField, field, "must be a list of texts, not of token ids")
	}
	return in, err
}

// readText reads one text and refuses what a model would read as something else than was meant.
func readText(raw json.RawMessage, field string) (text string, err error) {
	switch {
	case jsonKind(raw) != "a string":
		return "", fault(faultField, field, "must be a text, not %s", jsonKind(raw))
	// encoding/json puts U+FFFD for both of these, in silence.
	case !utf8.Valid(raw):
		return "", fault(faultText, field, "is not valid UTF-8")
	case halfSurrogate(raw):
		return "", fault(faultText, field, `has half of a surrogate pair (\ud800–\udfff alone)`)
	}
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", fault(faultField, field, "cannot be read as a string")
	}
	switch {
	case len(text) > maxTextBytes:
		return "", fault(faultTooLong, field, "has %d bytes, a text may have %d; split it", len(text), maxTextBytes)
	case strings.IndexByte(text, 0) >= 0:
		return "", fault(faultText, field, "has a NUL character (U+0000); leave it out")
	case strings.TrimSpace(text) == "":
		return "", fault(faultEmpty, field, "is blank; there is nothing to read")
	}
	return text, nil
}

// readIDs reads the token ids of one text. A body may hold millions of them, so the plain case is read by hand.
func readIDs(raw json.RawMessage, field string) (ids []int32, err error) {
	if ids, ok := plainIDs(raw); ok {
		return ids, nil
	}
	i := 0
	for element := range elements(raw) {
		if _, ok := plainIDs(json.RawMessage("[" + string(element) + "]")); !ok {
			return nil, fault(faultField, fmt.Sprintf("%s[%d]", field, i), "must be a token id, an integer from 0 to 2147483647")
		}
		i++
	}
	return nil, fault(faultEmpty, field, "is empty; send at least one token id")
}

// plainIDs reads a list of integers from 0 to 2^31 − 1, if raw is one and has at least one.
func plainIDs(raw json.RawMessage) (ids []int32, ok bool) {
	id, digits := int64(0), 0
	for i := 1; i < len(raw); i++ {
		switch b := raw[i]; {
		case b >= '0' && b <= '9':
			if id = id*10 + int64(b-'0'); id > math.MaxInt32 {
				return nil, false
			}
			digits++
		case b == ',' || b == ']':
			if digits == 0 {
				return nil, false
			}
			ids = append(ids, int32(id))
			id, digits = 0, 0
		case b != ' ' && b != '\n' && b != '\t' && b != '\r':
			return nil, false
		}
	}
	return ids, len(ids) > 0
}

// elements yields the elements of a JSON list that is known to be valid, without decoding them.
func elements(list json.RawMessage) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		depth, start, quoted := 0, -1, false
		for i := 1; i < len(list); i++ {
			b := list[i]
			switch {
			case quoted:
				switch b {
				case '\\':
					i++
				case '"':
					quoted = false
				}
				continue
			case b == ' ' || b == '\n' || b == '\t' || b == '\r':
				continue
			case depth == 0 && (b == ',' || b == ']'):
				if start >= 0 && !yield(bytes.TrimRight(list[start:i], " \n\t\r")) {
					return
				}
				start = -1
				if b == ']' {
					return
				}
				continue
			}
			if start < 0 {
				start = i
			}
			switch b {
			case '"':
				quoted = true
			case '[', '{':
				depth++
			case ']', '}':
				depth--
			}
		}
	}
}

// halfSurrogate reports whether a JSON string has a \u escape of a surrogate without its other half (RFC 8259, section 8.2).
func halfSurrogate(raw json.RawMessage) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++
		if raw[i] != 'u' || i+4 >= len(raw) {
			continue
		}
		unit, err := strconv.ParseUint(string(raw[i+1:i+5]), 16, 16)
		i += 4
		switch {
		case err != nil || unit < 0xD800 || unit > 0xDFFF:
			continue
		case unit >= 0xDC00, i+6 >= len(raw), raw[i+1] != '\\', raw[i+2] != 'u':
			return true
		}
		low, err := strconv.ParseUint(string(raw[i+3:i+7]), 16, 16)
		if err != nil || low < 0xDC00 || low > 0xDFFF {
			return true
		}
		i += 6
	}
	return false
}
