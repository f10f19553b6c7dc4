package kb

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxCellUnits is the longest cell that an export writes, in UTF-16 code units:
// a spreadsheet cuts what is longer than 32,767.
const maxCellUnits = 30_000

// columns are the names of a table's columns, in the order of an export, each
// with what else it may be called. Blanks, underscores, hyphens, case and a
// number at the end do not matter.
func columns() [][]string {
	return [][]string{
		{"id", "编号", "标识"},
		{"title", "标题"},
		{"locale", "language", "语言"},
		{"questions", "question", "问题", "问法"},
		{"answer", "答案", "回答"},
		{"tags", "tag", "标签"},
		{"audience", "受众"},
		{"floor", "最低置信度"},
		{"handover", "转人工"},
		{"next", "下一步"},
		{"owner", "负责人"},
		{"reviewat", "复审时间"},
		{"expiresat", "过期时间"},
	}
}

// tableHeader is the header that an export writes; questions and answer may stand several times.
func tableHeader(questions int) []string {
	header := []string{"id", "title", "locale"}
	for range questions {
		header = append(header, "questions")
	}
	return append(header, "answer", "tags", "audience", "floor", "handover", "next", "owner", "review_at", "expires_at")
}

// tableColumns says which column holds what; several columns may hold one thing.
type tableColumns struct {
	names []string // the name of each column, "" = not known
	said  mention
}

// readHeader reads a header row. What it does not know is returned apart.
func readHeader(cells []string) (cols tableColumns, unknown []string, err error) {
	byName := map[string]string{}
	for _, names := range columns() {
		for _, name := range names {
			byName[name] = names[0]
		}
	}
	cols.names = make([]string, len(cells))
	for i, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(cell, utf8BOM)))
		name = strings.NewReplacer(" ", "", "_", "", "-", "").Replace(name)
		known, ok := byName[strings.TrimRight(name, "0123456789")]
		switch {
		case ok && !isList(known) && slices.Contains(cols.names, known):
			return cols, nil, fmt.Errorf("column %q stands twice: %w", cell, ErrInvalid)
		case ok:
			cols.names[i] = known
			cols.said |= mentionOf(known)
		case name != "":
			unknown = append(unknown, strings.TrimSpace(cell))
		}
	}
	for _, name := range []string{"id", "title", "locale", "questions", "answer"} {
		if !slices.Contains(cols.names, name) {
			return cols, unknown, fmt.Errorf("there is no column %q: the first row must name the columns %s: %w", name, strings.Join(tableHeader(1), ", "), ErrInvalid)
		}
	}
	return cols, unknown, nil
}

// looksLikeHeader says that a row names columns of ours.
func looksLikeHeader(cells []string) bool {
	_, _, err := readHeader(cells)
	return err == nil
}

func isList(name string) bool { return name == "questions" || name == "tags" || name == "next" }

// article reads a row. The error says which column is wrong.
func (t tableColumns) article(cells []string) (a Article, err error) {
	for i, cell := range cells {
		if i >= len(t.names) {
			if strings.TrimSpace(cell) != "" {
				return a, fmt.Errorf("the row has more cells than the header has columns: %w", ErrInvalid)
			}
			continue
		}
		cell = unguard(lineEnds(cell))
		plain := strings.TrimSpace(cell)
		switch t.names[i] {
		case "id":
			a.ID = plain
		case "title":
			a.Title = cell
		case "locale":
			a.Locale = localeOf(plain)
		case "answer":
			a.Answer = cell
		case "questions":
			a.Questions = append(a.Questions, splitCell(cell, "")...)
		case "tags":
			a.Tags = append(a.Tags, splitCell(cell, ",，;；、")...)
		case "next":
			a.Next = append(a.Next, splitCell(cell, "")...)
		case "owner":
			a.Owner = plain
		default:
			if plain != "" {
				err = errors.Join(err, a.setOption(t.names[i], plain))
			}
		}
	}
	return a, err
}

// setOption sets one of the optional fields from a text that is not empty.
func (a *Article) setOption(name, value string) (err error) {
	switch name {
	case "audience":
		a.Audience, err = ParseAudience(value)
	case "floor":
		a.Floor, err = strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(a.Floor) {
			err = fmt.Errorf(`"floor" %q is no number between 0 and 1: %w`, value, ErrInvalid)
		}
	case "handover":
		switch strings.ToLower(value) {
		case "true", "1", "yes", "是":
			a.Handover = true
		case "false", "0", "no", "否":
		default:
			err = fmt.Errorf(`"handover" %q is neither true nor false: %w`, value, ErrInvalid)
		}
	case "reviewat":
		a.ReviewAt, err = timeOf("review_at", value)
	case "expiresat":
		a.ExpiresAt, err = timeOf("expires_at", value)
	}
	return err
}

// timeOf reads a moment: RFC 3339, a day, or a spreadsheet's serial number (days since 1899-12-30).
func timeOf(name, value string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly, "2006/1/2"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), nil
		}
	}
	if days, err := strconv.ParseFloat(value, 64); err == nil && days > 20_000 && days < 110_000 { // 1954 to 2201
		return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(math.Round(days*86400)) * time.Second), nil
	}
	return time.Time{}, fmt.Errorf("%q %q is no time: write 2026-12-31T18:00:00Z: %w", name, value, ErrInvalid)
}

// localeOf accepts what people write for the two languages.
func localeOf(s string) string {
	switch strings.ToLower(strings.ReplaceAll(s, "_", "-")) {
	case "zh", "zh-cn", "zh-hans", "中文", "简体中文":
		return "zh-CN"
	case "en", "en-us", "en-gb", "english", "英文", "英语":
		return "en"
	}
	return s
}

// splitCell reads the entries of a cell: a JSON list of strings, or one a line.
// A single line is cut at separators too.
func splitCell(cell, separators string) []string {
	cell = strings.TrimSpace(cell)
	if list, ok := jsonList(cell); ok {
		return list
	}
	parts := strings.Split(cell, "\n")
	if len(parts) == 1 && separators != "" {
		parts = strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(separators, r) })
	}
	var list []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}

func jsonList(cell string) ([]string, bool) {
	var list []string
	if !strings.HasPrefix(cell, "[") || json.Unmarshal([]byte(cell), &list) != nil {
		return nil, false
	}
	return list, true
}

// joinCell writes entries so that [splitCell] reads the same ones.
func joinCell(list []string, separators string) string {
	plain := strings.Join(list, "\n")
	if slices.Equal(splitCell(plain, separators), list) {
		return plain
	}
	raw, _ := json.Marshal(list) //nolint:errchkjson // a list of strings
	return string(raw)
}

// row writes an article as the cells under [tableHeader]. guard makes cells
// safe to open in a spreadsheet.
func row(a Article, questionColumns int, guard func(string) string) []string {
	cells := []string{guard(a.ID), guard(a.Title), a.Locale}
	chunks := questionCells(a.Questions)
	for i := range max(questionColumns, len(chunks)) {
		switch {
		case i < len(chunks) && i < questionColumns:
			cells = append(cells, guard(chunks[i]))
		case i < questionColumns:
			cells = append(cells, "")
		}
	}
	flag, floor := "", ""
	if a.Handover {
		flag = "true"
	}
	if a.Floor != 0 {
		floor = strconv.FormatFloat(a.Floor, 'g', -1, 64)
	}
	audience := ""
	if a.Audience != AudiencePublic {
		audience = a.Audience.String()
	}
	return append(cells, guard(a.Answer), guard(joinCell(a.Tags, ",，;；、")), audience, floor, flag,
		guard(joinCell(a.Next, "")), guard(a.Owner), moment(a.ReviewAt), moment(a.ExpiresAt))
}

// questionCells cuts questions into as few cells as a spreadsheet can hold.
func questionCells(questions []string) []string {
	var cells []string
	from, units := 0, 0
	for i, q := range questions {
		n := 2*utf8.RuneCountInString(q) + 8 // in JSON, a question with a line break
		if units += n; units > maxCellUnits && i > from {
			cells, from, units = append(cells, joinCell(questions[from:i], "")), i, n
		}
	}
	return append(cells, joinCell(questions[from:], ""))
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// A spreadsheet takes a cell that begins with one of these for a formula, which
// may send data away (OWASP, "CSV Injection"). An apostrophe in front makes it
// text. Both ways are exact: a text that itself begins so is given one more.
var (
	formula = regexp.MustCompile(`^'*[=+\-@\t\r＝＋－＠]`)
	guarded = regexp.MustCompile(`^'+[=+\-@\t\r＝＋－＠]`)
)

// guardCSV makes a cell of a CSV file safe: whoever opens it cannot tell text from formula.
func guardCSV(cell string) string {
	if formula.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// guardText is for cells that are text by their type: only what would be read as guarded is.
func guardText(cell string) string {
	if guarded.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// unguard takes the apostrophe off again.
func unguard(cell string) string {
	if guarded.MatchString(cell) {
		return cell[1:]
	}
	return cell
}

// lineEnds makes every line end in \n.
func lineEnds(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
