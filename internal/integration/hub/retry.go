package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// firstWait is the ceiling of the first pause, which doubles with each failure up to maxWait.
	firstWait = 500 * time.Millisecond
	maxWait   = 30 * time.Second
	// maxAfter is the longest pause that a hub may ask for; beyond, a person decides.
	maxAfter = 2 * time.Minute
)

// passing is an error that another attempt may not meet.
type passing struct {
	err   error
	after time.Duration // that the hub asked for; 0 = nothing
}

// Error implements error.
func (p *passing) Error() string { return p.err.Error() }

// Unwrap gives the cause.
func (p *passing) Unwrap() error { return p.err }

func transient(err error) error { return &passing{err: err} }

// retry calls once until it succeeds, fails for good, or has failed in a row without progress as often as is allowed.
func (f *fetcher) retry(ctx context.Context, once func() (progress bool, err error)) error {
	for failures := 0; ; {
		progress, err := once()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var p *passing
		if !errors.As(err, &p) {
			return err
		}
		if progress {
			failures = 0
		}
		if failures++; failures >= f.puller.cfg.Attempts {
			return fmt.Errorf("%w: %w (%d attempts); run the command again later: it goes on where it stopped", ErrUnavailable, p.err, failures)
		}
		wait := p.after
		if wait > maxAfter {
			return fmt.Errorf("%w: %w; the hub asks to come back in %v", ErrUnavailable, p.err, wait.Round(time.Second))
		}
		if wait == 0 { // full jitter: clients that failed together do not come back together
			ceiling := min(maxWait, firstWait<<min(failures-1, 10))
			wait = time.Duration(rand.Int64N(int64(ceiling))) + 1 //nolint:gosec // a pause is no secret
		}
		f.progress(Event{Step: "waiting", Retry: p.err, Wait: wait})
		if err := f.puller.wait(ctx, wait); err != nil {
			return err
		}
	}
}

// pause waits, or returns the context's cause.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// refused makes an error of an answer that is no success. file is empty for the repository as a whole.
func (f *fetcher) refused(resp *http.Response, file string) error {
	what := "repository " + f.repo
	if file != "" {
		what = file
	}
	advice := "no token was sent: for a private or gated repository set HF_TOKEN or models.token"
	if f.puller.cfg.Token != "" {
		advice = "the token that is configured does not open it"
	}
	// X-Error-Code as in huggingface_hub, utils/_http.py (hf_raise_for_status).
	code, status := resp.Header.Get("X-Error-Code"), resp.StatusCode
	// The address of a redirect's target holds a signature: only its host is told.
	from := resp.Request.URL.Scheme + "://" + resp.Request.URL.Host
	switch {
	case code == "GatedRepo":
		return fmt.Errorf("%w: %s is gated: accept its terms on its page of the hub with your account; %s", ErrAccess, what, advice)
	case code == "RevisionNotFound":
		return fmt.Errorf("%w: %s has no such revision", ErrNotFound, what)
	case code == "EntryNotFound":
		return fmt.Errorf("%w: %s", ErrNotFound, what)
	case status == http.StatusUnauthorized: // also what the hub says of repositories that are not there
		return fmt.Errorf("%w (401): %s is not there, or not public: check the spelling; %s", ErrAccess, what, advice)
	case status == http.StatusForbidden:
		return fmt.Errorf("%w (403): %s; %s", ErrAccess, what, advice)
	case status == http.StatusNotFound || status == http.StatusGone:
		return fmt.Errorf("%w (%d): %s; check the spelling of owner/name and the revision", ErrNotFound, status, what)
	case status == http.StatusUnavailableForLegalReasons:
		return fmt.Errorf("%w (451): %s is blocked for legal reasons", ErrAccess, what)
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		err := fmt.Errorf("%s answers %d for %s", from, status, what)
		return &passing{err: err, after: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again
	return fmt.Errorf("%w: %s answers %d for %s", ErrContent, from, status, what)
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		return time.Duration(min(max(0, seconds), 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// notHTML refuses a page for people, such as a proxy's login.
func notHTML(resp *http.Response, what string) error {
	if kind := resp.Header.Get("Content-Type"); strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "text/html") {
		return fmt.Errorf("%w: in place of %s came a web page (%s) from %s: is a proxy in between that wants a login, or the endpoint no model hub?",
			ErrContent, what, kind, resp.Request.URL.Host)
	}
	return nil
}
