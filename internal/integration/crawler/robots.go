package crawler

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// longestDelay is how much of a website's Crawl-delay is kept to: a curator waits for it.
const longestDelay = 2 * time.Second

// rules are what robots.txt says to us (RFC 9309).
type rules struct {
	all   bool // everything is forbidden: the file could not be had
	lines []rule
}

type rule struct {
	allow   bool
	pattern string
}

// robots asks the website what may be read. Without the file everything may;
// while the website fails (5xx), nothing (RFC 9309, 2.3.1.3 and 2.3.1.4).
func (v *visit) robots(ctx context.Context) (rules, error) {
	address := (&url.URL{Scheme: v.scheme, Host: v.host, Path: "/robots.txt"}).String()
	got, err := v.fetch(ctx, address, maxRobotsBytes)
	if status, ok := errors.AsType[*statusError](err); ok {
		return rules{all: status.status >= http.StatusInternalServerError || status.status == http.StatusTooManyRequests}, nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return rules{}, context.Cause(ctx)
		}
		return rules{}, err
	}
	found, delay := parseRobots(got.body, strings.ToLower(strings.SplitN(v.cfg.Agent, "/", 2)[0]))
	v.pause = max(v.pause, min(delay, longestDelay))
	return found, nil
}

// parseRobots reads the group that names us, or else the one for everybody.
func parseRobots(body []byte, agent string) (rules, time.Duration) {
	type group struct {
		rules rules
		delay time.Duration
	}
	groups := map[string]*group{}
	var now []*group
	naming := false
	in := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	for in.Scan() {
		line, _, _ := strings.Cut(in.Text(), "#")
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "user-agent":
			if !naming {
				now = nil
			}
			naming = true
			who := strings.ToLower(value)
			if groups[who] == nil {
				groups[who] = &group{}
			}
			now = append(now, groups[who])
		case "allow", "disallow":
			naming = false
			if value == "" {
				continue
			}
			for _, g := range now {
				g.rules.lines = append(g.rules.lines, rule{allow: strings.EqualFold(strings.TrimSpace(name), "allow"), pattern: value})
			}
		case "crawl-delay":
			naming = false
			if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 && s < 3600 {
				for _, g := range now {
					g.delay = time.Duration(s * float64(time.Second))
				}
			}
		}
	}
	for _, who := range []string{agent, "*"} {
		if g := groups[who]; g != nil {
			return g.rules, g.delay
		}
	}
	return rules{}, 0
}

// allow says whether an address may be read: the longest pattern counts, and of two as long the one that allows.
func (r rules) allow(u *url.URL) bool {
	if r.all {
		return false
	}
	target := u.EscapedPath()
	if target == "" {
		target = "/"
	}
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	allowed, longest := true, -1
	for _, l := range r.lines {
		if n := len(l.pattern); (n > longest || (n == longest && l.allow)) && matches(l.pattern, target) {
			allowed, longest = l.allow, n
		}
	}
	return allowed
}

// matches compares a path with a pattern of * and a $ at its end, in time
// proportional to both lengths' product at worst.
func matches(pattern, target string) bool {
	anchored := strings.HasSuffix(pattern, "$")
	parts := strings.Split(strings.TrimSuffix(pattern, "$"), "*")
	if !strings.HasPrefix(target, parts[0]) {
		return false
	}
	rest := target[len(parts[0]):]
	if len(parts) == 1 {
		return !anchored || rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	last := parts[len(parts)-1]
	if anchored {
		return strings.HasSuffix(rest, last)
	}
	return strings.Contains(rest, last)
}
