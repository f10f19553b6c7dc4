package fault

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrInjected is what a point returns whose act is "error".
var ErrInjected = errors.New("injected fault")

// Points are named places of a program at which a test lets something happen: a
// kill between a commit and its acknowledgement, say. A program holds them only
// when it was told so; a nil *Points does nothing.
type Points struct {
	kill  func(syscall.Signal) error // of this process; replaced in tests
	sleep func(time.Duration)

	mu    sync.Mutex // guards the rules' counts
	rules map[string][]*rule
}

// rule is what happens at one point.
type rule struct {
	act   string
	delay time.Duration
	at    int // the hit at which it happens; 0 = at each
	hits  int
}

// Acts of a rule.
const (
	actKill  = "kill"  // SIGKILL to this process
	actStop  = "stop"  // SIGSTOP to this process, until somebody continues it
	actError = "error" // the point returns ErrInjected
	actDelay = "delay" // the point takes that long
)

// ParsePoints reads rules such as "append.after_commit=kill@3;change.locked=delay:50ms":
// point=act, at the third hit only with @3, at each without. The acts are kill
// (SIGKILL to this process), stop (SIGSTOP), error and delay:DURATION. A point
// that is not among known is an error. An empty text gives nil.
func ParsePoints(text string, known []string) (*Points, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil //nolint:nilnil // nil is the value that does nothing
	}
	p := &Points{
		kill:  func(s syscall.Signal) error { return syscall.Kill(os.Getpid(), s) },
		sleep: time.Sleep, //nolint:forbidigo // a late point is what is asked for
		rules: make(map[string][]*rule),
	}
	for part := range strings.SplitSeq(text, ";") {
		name, act, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, fmt.Errorf("fault %q: write point=act, such as append.after_commit=kill@3", part)
		}
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("fault point %q is unknown; there are %s", name, strings.Join(known, ", "))
		}
		r, err := parseRule(act)
		if err != nil {
			return nil, fmt.Errorf("fault point %s: %w", name, err)
		}
		p.rules[name] = append(p.rules[name], r)
	}
	return p, nil
}

func parseRule(text string) (*rule, error) {
	r := &rule{}
	act, at, counted := strings.Cut(text, "@")
	if counted {
		n, err := strconv.Atoi(at)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no hit to act at; write a number from 1", at)
		}
		r.at = n
	}
	act, value, _ := strings.Cut(act, ":")
	switch r.act = act; act {
	case actKill, actStop, actError:
		return r, nil
	case actDelay:
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("%q is no delay; write delay:50ms", value)
		}
		r.delay = d
		return r, nil
	}
	return nil, fmt.Errorf("%q is no act; write kill, stop, error or delay:50ms", act)
}

// Hit is called at a point. It does what was asked for there, and returns
// ErrInjected if that is an error.
func (p *Points) Hit(name string) error {
	if p == nil {
		return nil
	}
	var err error
	for _, r := range p.due(name) {
		switch r.act {
		case actKill:
			_ = p.kill(syscall.SIGKILL) // nothing runs after it
		case actStop:
			_ = p.kill(syscall.SIGSTOP) // to oneself it cannot be refused
		case actDelay:
			p.sleep(r.delay)
		case actError:
			err = fmt.Errorf("%s: %w", name, ErrInjected)
		}
	}
	return err
}

// due counts the hit and returns the rules whose time it is.
func (p *Points) due(name string) []*rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*rule
	for _, r := range p.rules[name] {
		if r.hits++; r.at == 0 || r.at == r.hits {
			out = append(out, r)
		}
	}
	return out
}
