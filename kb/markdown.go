package kb

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	pathpkg "path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"frontdesk/internal/identity"
	"frontdesk/internal/text"
)

// Limits of a Markdown folder in a zip file, against files that unpack to more than a disk holds.
const (
	maxZipFiles     = 20_000
	maxMarkdownFile = 1 << 20   // bytes, unpacked
	maxZipBytes     = 256 << 20 // of all files together, unpacked
)

// readMarkdownZip reads every .md file of a zip: a translation a file.
func readMarkdownZip(ctx context.Context, content io.ReaderAt, size int64, c *collector) error {
	archive, err := zip.NewReader(content, size)
	if err != nil {
		return unreadable("a damaged zip file")
	}
	if len(archive.File) > maxZipFiles {
		return unreadable("a zip file with more than %d files", maxZipFiles)
	}
	total := 0
	for _, f := range archive.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := strings.ReplaceAll(f.Name, "\\", "/")
		base := pathpkg.Base(name)
		if f.FileInfo().IsDir() || !markdownName(base) || strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, ".") || strings.EqualFold(base, "readme.md") {
			continue
		}
		if strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") {
			c.refuse(strconv.Quote(name), "the file's path leads out of the folder")
			continue
		}
		raw, err := unzip(f, min(maxMarkdownFile, maxZipBytes-total))
		switch {
		case errors.Is(err, errTooMuch) && maxZipBytes-total < maxMarkdownFile:
			return unreadable("a zip file that unpacks to more than %d MB", maxZipBytes>>20)
		case errors.Is(err, errTooMuch):
			c.refuse(strconv.Quote(name), fmt.Sprintf("the file is larger than %d KB", maxMarkdownFile>>10))
			continue
		case err != nil:
			c.refuse(strconv.Quote(name), "the file in the zip is damaged or encrypted")
			continue
		}
		total += len(raw)
		readMarkdown(name, raw, c)
		if c.full() {
			return c.err()
		}
	}
	return nil
}

func markdownName(base string) bool {
	ext := strings.ToLower(pathpkg.Ext(base))
	return ext == ".md" || ext == ".markdown"
}

var errTooMuch = errors.New("unpacks to too much")

// unzip unpacks one file of at most limit bytes, whatever its header says of the size.
func unzip(f *zip.File, limit int) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > limit {
		return nil, errTooMuch
	}
	return raw, nil
}

// localeSuffix finds the language in "refund.en.md" and "zh-CN/refund.md".
var localeSuffix = regexp.MustCompile(`(?i)^(.+)[._](zh-CN|zh|en)$`)

// readMarkdown reads one file: front matter, then the answer. What the front
// matter leaves out comes from the file's name, its folder and its first heading.
func readMarkdown(name string, raw []byte, c *collector) {
	where := strconv.Quote(name)
	decoded, encoding, err := toUTF8(raw)
	if err != nil {
		c.refuse(where, "the text is not UTF-8: save the file as UTF-8")
		return
	}
	if encoding != "UTF-8" {
		c.warn("%s was read as %s", where, encoding)
	}
	fields, body, line, reason := frontMatter(lineEnds(string(decoded)))
	if reason != "" {
		c.refuse(fmt.Sprintf("%s, line %d", where, line), reason)
		return
	}
	a := Article{Answer: strings.TrimSpace(body)}
	var said mention
	for _, f := range fields {
		if err := f.set(&a); err != nil {
			c.refuse(fmt.Sprintf("%s, line %d", where, f.line), lineReason(err))
			return
		}
		said |= mentionOf(f.name)
	}
	a.guess(name)
	c.add(where, a, said)
}

// guess fills in what the front matter does not say.
func (a *Article) guess(name string) {
	stem := strings.TrimSuffix(pathpkg.Base(name), pathpkg.Ext(name))
	folder := pathpkg.Base(pathpkg.Dir(name))
	if m := localeSuffix.FindStringSubmatch(stem); m != nil {
		stem = m[1]
		if a.Locale == "" {
			a.Locale = localeOf(m[2])
		}
	}
	if l := localeOf(folder); a.Locale == "" && (l == text.Chinese || l == text.English) {
		a.Locale = l
	}
	if a.ID == "" {
		a.ID = strings.TrimSpace(stem)
	}
	if a.Title == "" {
		first, rest, _ := strings.Cut(a.Answer, "\n")
		if title, ok := strings.CutPrefix(first, "# "); ok {
			a.Title, a.Answer = strings.TrimSpace(title), strings.TrimSpace(rest)
		} else {
			a.Title = a.ID
		}
	}
	if a.Locale == "" {
		a.Locale = text.Language(a.Title+a.Answer, text.English)
	}
	if len(a.Questions) == 0 {
		a.Questions = []string{a.Title}
	}
}

// matter is one field of a file's front matter.
type matter struct {
	name, value string
	list        []string // of a field that has entries
	line        int
}

// frontMatter reads the part of YAML that such files use: between lines of ---,
// "name: value", "name: [a, b]" and lists of "- entry"; values may be quoted.
// The reason says what is wrong on which line.
func frontMatter(source string) (fields []matter, body string, line int, reason string) {
	first, rest, more := strings.Cut(source, "\n")
	if strings.TrimRight(first, " \t") != "---" || !more {
		return nil, source, 0, ""
	}
	for n := 2; ; n++ {
		var l string
		l, rest, more = strings.Cut(rest, "\n")
		l = strings.TrimRight(l, " \t")
		trimmed := strings.TrimLeft(l, " \t")
		switch {
		case l == "---" || l == "...":
			return fields, rest, 0, ""
		case !more:
			return nil, "", n, "the front matter has no end: a line of --- is missing"
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
			continue
		}
		if entry, ok := strings.CutPrefix(trimmed, "-"); ok && (entry == "" || entry[0] == ' ') {
			if len(fields) == 0 || fields[len(fields)-1].value != "" {
				return nil, "", n, "a list entry without a field above it"
			}
			value, err := scalar(strings.TrimSpace(entry))
			if err != nil {
				return nil, "", n, "the quotation marks do not close"
			}
			fields[len(fields)-1].list = append(fields[len(fields)-1].list, value)
			continue
		}
		name, value, ok := strings.Cut(trimmed, ":")
		if !ok || (value != "" && value[0] != ' ' && value[0] != '\t') {
			return nil, "", n, `no field: write "name: value"`
		}
		f := matter{name: strings.ToLower(strings.TrimSpace(name)), line: n}
		value = strings.TrimSpace(value)
		if strings.HasPrefix(value, "[") {
			list, ok := flowList(value)
			if !ok {
				return nil, "", n, `a list that cannot be read: write ["a", "b"], or one "- entry" a line`
			}
			f.list = list
		} else {
			v, err := scalar(value)
			if err != nil {
				return nil, "", n, "the quotation marks do not close"
			}
			f.value = v
		}
		fields = append(fields, f)
	}
}

// scalar reads a value: "as in JSON", 'with the mark doubled', or plain.
func scalar(s string) (string, error) {
	switch {
	case strings.HasPrefix(s, `"`):
		var v string
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			return "", err
		}
		return v, nil
	case strings.HasPrefix(s, "'"):
		inner, ok := strings.CutSuffix(s[1:], "'")
		if !ok {
			return "", errors.New("unterminated quotation")
		}
		return strings.ReplaceAll(inner, "''", "'"), nil
	}
	return s, nil
}

// flowList reads [a, b]: as JSON, or entries without quotation marks.
func flowList(s string) ([]string, bool) {
	if list, ok := jsonList(s); ok {
		return list, true
	}
	inner, ok := strings.CutSuffix(strings.TrimPrefix(s, "["), "]")
	if !ok || strings.ContainsAny(inner, `"'[]`) {
		return nil, false
	}
	var list []string
	for part := range strings.SplitSeq(inner, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list, true
}

// set puts the field into a.
func (f matter) set(a *Article) error {
	list := f.list
	if f.list == nil && f.value != "" {
		list = []string{f.value}
	}
	switch f.name {
	case "questions", "question":
		a.Questions = list
	case "tags", "tag":
		a.Tags = list
		if f.list == nil {
			a.Tags = splitCell(f.value, ",，;；、")
		}
	case "next":
		a.Next = list
	case "id":
		a.ID = f.value
	case "title":
		a.Title = f.value
	case "locale", "language", "lang":
		a.Locale = localeOf(f.value)
	case "owner":
		a.Owner = f.value
	case "audience", "floor", "handover", "review_at", "expires_at":
		if f.value != "" {
			return a.setOption(strings.ReplaceAll(f.name, "_", ""), f.value)
		}
	default:
		return fmt.Errorf("unknown field %q: there are id, title, locale, questions, tags, audience, floor, handover, next, owner, review_at and expires_at: %w", f.name, ErrInvalid)
	}
	return nil
}

// exportMarkdown writes a zip with a file for each translation, in a folder a language.
func (s *Service) exportMarkdown(ctx context.Context, scope identity.Scope, site int32, w io.Writer) error {
	archive := zip.NewWriter(w)
	names := map[string]bool{}
	err := s.store.Each(ctx, scope, site, func(a Article) error {
		name := a.Locale + "/" + fileName(a.ID) + ".md"
		for n := 2; names[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s/%s-%d.md", a.Locale, fileName(a.ID), n)
		}
		names[strings.ToLower(name)] = true
		f, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.UpdatedAt})
		if err != nil {
			return err
		}
		return writeMarkdown(f, a)
	})
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		return fmt.Errorf("export articles: %w", err)
	}
	return nil
}

// fileName makes of an id what every file system takes.
func fileName(id string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, id)
	if strings.HasPrefix(name, ".") || strings.EqualFold(name, "readme") {
		name = "_" + name
	}
	return strings.TrimRight(name, " .")
}

// writeMarkdown writes what [readMarkdown] reads. Values are quoted as in JSON, which YAML reads too.
func writeMarkdown(w io.Writer, a Article) error {
	out := bufio.NewWriter(w)
	quote := func(s string) string {
		raw, _ := json.Marshal(s) //nolint:errchkjson // a string
		return string(raw)
	}
	list := func(name string, entries []string) {
		if len(entries) == 0 {
			return
		}
		fmt.Fprintf(out, "%s:\n", name)
		for _, e := range entries {
			fmt.Fprintf(out, "  - %s\n", quote(e))
		}
	}
	fmt.Fprintf(out, "---\nid: %s\ntitle: %s\nlocale: %s\n", quote(a.ID), quote(a.Title), a.Locale)
	list("questions", a.Questions)
	list("tags", a.Tags)
	if a.Audience != AudiencePublic {
		fmt.Fprintf(out, "audience: %s\n", a.Audience)
	}
	if a.Floor != 0 {
		fmt.Fprintf(out, "floor: %s\n", strconv.FormatFloat(a.Floor, 'g', -1, 64))
	}
	if a.Handover {
		fmt.Fprint(out, "handover: true\n")
	}
	list("next", a.Next)
	if a.Owner != "" {
		fmt.Fprintf(out, "owner: %s\n", quote(a.Owner))
	}
	for name, at := range map[string]string{"review_at": moment(a.ReviewAt), "expires_at": moment(a.ExpiresAt)} {
		if at != "" {
			fmt.Fprintf(out, "%s: %s\n", name, at)
		}
	}
	fmt.Fprintf(out, "---\n\n%s\n", a.Answer)
	return out.Flush()
}
