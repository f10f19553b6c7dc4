package hub

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"

	"frontdesk/internal/safedial"
)

// client is the configured one, with the token kept to its host even if that one would not.
func (p *Puller) client() *http.Client {
	c := *p.cfg.Client
	theirs := c.CheckRedirect
	c.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if err := safedial.CheckRedirect(next, via); err != nil {
			return err
		}
		if theirs != nil {
			return theirs(next, via)
		}
		return nil
	}
	return &c
}

// classify tells errors of the network, which pass, from those that another attempt meets as well.
func classify(err error) error {
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	var certificate x509.CertificateInvalidError
	switch {
	case errors.Is(err, safedial.ErrRefused):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.As(err, &host), errors.As(err, &authority), errors.As(err, &certificate):
		return fmt.Errorf("%w: its certificate cannot be trusted: %w", ErrUnavailable, err)
	}
	return transient(err)
}

// download is the fetching of one file, in several attempts.
type download struct {
	*fetcher
	name  string
	want  expected
	limit int64
}

// once makes one attempt from where the last one ended. It reports whether it gained bytes.
func (d *download) once(ctx context.Context) (progress bool, err error) {
	file, err := d.puller.open(d.root, d.name+partEnding)
	if err != nil {
		return false, fmt.Errorf("open the part of %s: %w", d.name, fullDisk(err, d.dir, 0))
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	have, err := d.usable(file)
	if err != nil {
		return false, err
	}
	if have > 0 && have == d.want.size {
		return true, nil // the last attempt was cut after the last byte
	}
	resp, cancel, err := d.get(ctx, d.resolve(d.name), d.continuing(have))
	if err != nil {
		return false, err
	}
	defer cancel()
	defer resp.Body.Close()
	total, start, err := d.answered(resp, have)
	if err != nil {
		return false, err
	}
	if start < have { // the server gives all of it again
		if err := file.Truncate(start); err != nil {
			return false, fmt.Errorf("store %s: %w", d.name, err)
		}
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return false, fmt.Errorf("store %s: %w", d.name, err)
	}
	gained, err := d.take(resp.Body, file, start, total)
	return gained > 0, err
}

// usable returns how many bytes of a former attempt can be gone on from.
func (d *download) usable(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("store %s: %w", d.name, err)
	}
	have := info.Size()
	_, known := d.state.Parts[d.name]
	if have > 0 && (!known || d.want.size >= 0 && have > d.want.size || have > d.limit) {
		have = 0
		if err := file.Truncate(0); err != nil {
			return 0, fmt.Errorf("store %s: %w", d.name, err)
		}
	}
	return have, nil
}

// continuing are the headers that ask for the rest.
func (d *download) continuing(have int64) http.Header {
	header := http.Header{}
	if have > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		// A file that changed in between comes as a whole then (RFC 9110, 13.1.5). Weak tags do not count.
		if etag := d.state.Parts[d.name].ETag; etag != "" {
			header.Set("If-Range", etag)
		}
	}
	return header
}

// answered looks at the head of an answer: the size of the whole file (-1 = unknown) and where its bytes begin.
func (d *download) answered(resp *http.Response, have int64) (total, start int64, err error) {
	switch resp.StatusCode {
	case http.StatusOK:
		total = resp.ContentLength
	case http.StatusPartialContent:
		if start, total, err = contentRange(resp.Header.Get("Content-Range")); err != nil || start != have {
			return 0, 0, d.again(fmt.Errorf("%s: asked for the bytes from %d on, came %q", d.name, have, resp.Header.Get("Content-Range")))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return 0, 0, d.again(fmt.Errorf("%s: the server does not go on from byte %d", d.name, have))
	default:
		return 0, 0, d.refused(resp, d.name)
	}
	if err := notHTML(resp, d.name); err != nil {
		return 0, 0, err
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return 0, 0, fmt.Errorf("%w: %s comes encoded as %s, which was not asked for", ErrContent, d.name, e)
	}
	seen, err := d.announced(resp)
	if err != nil {
		return 0, 0, err
	}
	if before, ok := d.state.Parts[d.name]; ok && resp.StatusCode == http.StatusPartialContent && before.Linked != seen.Linked {
		return 0, 0, d.again(fmt.Errorf("%s: the file has changed", d.name))
	}
	if total >= 0 && d.want.size >= 0 && total != d.want.size {
		return 0, 0, d.again(fmt.Errorf("%w: %s has %d bytes, announced were %d", ErrChecksum, d.name, total, d.want.size))
	}
	if total > d.limit {
		return 0, 0, fmt.Errorf("%w: %s has %d bytes, %d are the limit", ErrLayout, d.name, total, d.limit)
	}
	if d.state.Parts[d.name] != seen || resp.StatusCode == http.StatusOK {
		d.state.Parts[d.name] = seen
		if err := d.save(); err != nil {
			return 0, 0, err
		}
	}
	return total, start, nil
}

// again drops the part, so that the next attempt begins at the beginning.
func (d *download) again(err error) error {
	if dropping := d.drop(d.name); dropping != nil {
		return errors.Join(err, dropping)
	}
	return transient(err)
}

// announced takes in what the hub says of the file in its own answer, which for large files is the redirect:
// X-Linked-ETag and X-Linked-Size, otherwise ETag; X-Repo-Commit (huggingface_hub, get_hf_file_metadata).
func (d *download) announced(resp *http.Response) (part, error) {
	var seen part
	if e := resp.Header.Get("ETag"); strings.HasPrefix(e, `"`) {
		seen.ETag = e
	}
	first := resp
	for r := resp; r != nil; r = r.Request.Response {
		if r.Request.URL.Host == d.puller.base.Host {
			first = r
			break
		}
	}
	fromHub := first.Request.URL.Host == d.puller.base.Host
	if !fromHub {
		return seen, nil
	}
	if c := first.Header.Get("X-Repo-Commit"); c != "" && c != d.commit {
		return part{}, fmt.Errorf("%w: asked for %s of commit %.12s, the hub gives it of %.12s", ErrContent, d.name, d.commit, c)
	}
	etag := first.Header.Get("X-Linked-ETag")
	if etag == "" {
		etag = first.Header.Get("ETag")
	}
	etag = strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	hubs := first.Header.Get("X-Repo-Commit") != "" // otherwise an ETag of 40 digits may be anything
	switch {
	case isHex(etag, 64):
		if d.want.sha256 != "" && d.want.sha256 != etag {
			return part{}, fmt.Errorf("%w: the hub's list says that %s has sha256 %s, its answer %s", ErrChecksum, d.name, d.want.sha256, etag)
		}
		d.want.sha256 = etag
	case isHex(etag, 40) && hubs && d.want.sha256 == "":
		if d.want.blob != "" && d.want.blob != etag {
			return part{}, fmt.Errorf("%w: the hub's list says that %s is git object %s, its answer %s", ErrChecksum, d.name, d.want.blob, etag)
		}
		d.want.blob = etag
	}
	seen.Linked = etag
	if size := number(first.Header, "X-Linked-Size"); size >= 0 {
		if d.want.size >= 0 && d.want.size != size {
			return part{}, fmt.Errorf("%w: the hub's list says that %s has %d bytes, its answer %d", ErrChecksum, d.name, d.want.size, size)
		}
		d.want.size = size
	}
	return seen, nil
}

// take stores what comes. total is -1 when unknown.
func (d *download) take(body io.Reader, file *os.File, start, total int64) (gained int64, err error) {
	if total < 0 {
		total = d.want.size
	}
	most := d.limit
	if total >= 0 {
		most = total
	}
	at, buf := start, make([]byte, 256<<10)
	d.progress(Event{Step: "fetching", File: d.name, Done: at, Total: total})
	for {
		n, err := body.Read(buf)
		if at+int64(n) > most {
			return 0, d.again(fmt.Errorf("%w: %s has more than the %d bytes that were announced or are allowed", ErrChecksum, d.name, most))
		}
		if n > 0 {
			if _, err := file.Write(buf[:n]); err != nil {
				return at - start, fmt.Errorf("store %s: %w", d.name, fullDisk(err, d.dir, max(0, total-at)))
			}
			at += int64(n)
			d.progress(Event{Step: "fetching", File: d.name, Done: at, Total: total})
		}
		switch {
		case errors.Is(err, io.EOF) && total >= 0 && at < total, err != nil && !errors.Is(err, io.EOF):
			return at - start, transient(fmt.Errorf("%s was cut after %d of %d bytes: %w", d.name, at, total, err))
		case err != nil:
			if err := file.Sync(); err != nil {
				return at - start, fmt.Errorf("store %s: %w", d.name, fullDisk(err, d.dir, 0))
			}
			return at - start, nil
		}
	}
}

var rangePattern = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+|\*)$`)

// contentRange reads where a part begins and how long the whole is (-1 = not told).
func contentRange(value string) (start, total int64, err error) {
	parts := rangePattern.FindStringSubmatch(value)
	if parts == nil {
		return 0, 0, fmt.Errorf("content range %q", value)
	}
	start, err = strconv.ParseInt(parts[1], 10, 64)
	total = -1
	if err == nil && parts[3] != "*" {
		total, err = strconv.ParseInt(parts[3], 10, 64)
	}
	return start, total, err
}
