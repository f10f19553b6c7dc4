package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// progressRedraw is how often a bar is drawn at most.
	progressRedraw = 100 * time.Millisecond
	// progressLine is how often a line is printed at most where it cannot be overwritten.
	progressLine = 10 * time.Second
	// progressWidth is the length of a bar in characters.
	progressWidth = 24
)

// byteBar shows how far a command is: a bar on a terminal, a line now and then elsewhere.
type byteBar struct {
	out      io.Writer
	terminal bool
	now      func() time.Time

	what  string // of the bar that is shown
	drawn time.Time
	whole bool // it was shown as complete
	open  bool // the cursor stands behind a bar
	// Of the rate: what came since when.
	since time.Time
	from  int64
}

func newByteBar(out io.Writer) *byteBar {
	return &byteBar{out: out, terminal: isTerminal(out), now: time.Now}
}

// say prints one line of news.
func (p *byteBar) say(line string) {
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		p.open = true
		return
	}
	fmt.Fprintln(p.out, line)
}

// show shows done of total bytes; total is -1 when unknown.
func (p *byteBar) show(what string, done, total int64) {
	now := p.now()
	fresh := what != p.what || done < p.from
	if fresh {
		p.what, p.since, p.from, p.whole = what, now, done, false
		if !p.terminal {
			p.drawn = now // small files get one line
		}
	}
	every := progressLine
	if p.terminal {
		every = progressRedraw
	}
	whole := total >= 0 && done >= total
	if due := whole || fresh && p.terminal || now.Sub(p.drawn) >= every; p.whole || !due {
		return
	}
	p.drawn, p.whole = now, whole
	if !p.terminal {
		fmt.Fprintln(p.out, what+": "+p.amount(done, total, now))
		return
	}
	bar := ""
	if total > 0 {
		filled := int(min(done, total) * progressWidth / total)
		bar = "[" + strings.Repeat("#", filled) + strings.Repeat(".", progressWidth-filled) + "] "
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s %s%s", what, bar, p.amount(done, total, now))
	p.open = true
	if whole {
		p.end()
	}
}

// amount is "1.0 MiB of 2.0 MiB, 0.5 MiB/s".
func (p *byteBar) amount(done, total int64, now time.Time) string {
	text := size(done)
	if total >= 0 {
		text += " of " + size(total)
	}
	if took := now.Sub(p.since).Seconds(); took > 0.5 && done > p.from {
		text += fmt.Sprintf(", %s/s", size(int64(float64(done-p.from)/took)))
	}
	return text
}

// end leaves the line that is overwritten.
func (p *byteBar) end() {
	if p.open {
		fmt.Fprintln(p.out)
		p.open = false
	}
}
