package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// A process may open 20,000 files here, and a generator that uses one core bends
// what it measures: with --processes the load is spread over children of this
// program. Each has its own visitors, agents, source addresses and oracle; they
// begin together, and what they found is added up.

// partOrder is what a child is told, as one line of JSON on its standard input.
type partOrder struct {
	Options partOptions `json:"options"`
	Number  int         `json:"number"`
}

// partOptions are the options of one child. They are of this program's own making:
// the coordinator has validated the whole.
type partOptions struct {
	URL, Mode, Credentials, Questions, Encoding, Site string
	AllowRemote                                       bool
	Visitors, Agents, MaxMessages, Window             int
	Rate, AgentShare, DropShare, BotShare             float64
	Duration, Settle, AnswerLimit, Beat, DropEvery    time.Duration
	FirstAgent, FirstDoor                             int
}

// partResult is what a child found, as one line of JSON on its standard output.
type partResult struct {
	Error      string            `json:"error,omitempty"`
	Report     *report           `json:"report,omitempty"`
	Histograms map[string]sparse `json:"histograms,omitempty"`
}

// gathered is the line by which a child says that all its people are connected, and
// goAhead the one that lets it begin.
const (
	gathered = "gathered"
	goAhead  = "go"
)

// part returns the options of child n of all.
func (o *options) part(n int) partOptions {
	slice := func(total int) (from, count int) {
		from = total * n / o.processes
		return from, total*(n+1)/o.processes - from
	}
	firstVisitor, visitors := slice(o.visitors)
	firstAgent, agents := slice(o.agents)
	_, messages := slice(o.maxMessages)
	return partOptions{
		URL: o.url, Mode: o.mode, Credentials: o.credentials, Questions: o.questions, Encoding: o.encoding, Site: o.site, AllowRemote: o.allowRemote,
		Visitors: visitors, Agents: agents, MaxMessages: max(messages, 1), Window: o.window,
		Rate: o.rate * float64(visitors) / float64(o.visitors), AgentShare: o.agentShare, DropShare: o.dropShare, BotShare: o.botShare,
		Duration: o.duration, Settle: o.settle, AnswerLimit: o.answerLimit, Beat: o.beat, DropEvery: o.dropEvery,
		FirstAgent: firstAgent, FirstDoor: firstVisitor/doorVisitors + 2*n*(strings.Count(o.url, ",")+1), // no two children share an address
	}
}

// options turns an order back.
func (p partOptions) options() *options {
	return &options{
		url: p.URL, mode: p.Mode, credentials: p.Credentials, questions: p.Questions, encoding: p.Encoding, site: p.Site, allowRemote: p.AllowRemote,
		visitors: p.Visitors, agents: p.Agents, maxMessages: p.MaxMessages, window: p.Window,
		rate: p.Rate, agentShare: p.AgentShare, dropShare: p.DropShare, botShare: p.BotShare,
		duration: p.Duration, settle: p.Settle, answerLimit: p.AnswerLimit, beat: p.Beat, dropEvery: p.DropEvery,
		firstAgent: p.FirstAgent, firstDoor: p.FirstDoor, processes: 1,
	}
}

// newPart is the hidden command that a child runs.
func newPart() *cobra.Command {
	return &cobra.Command{
		Use: "part", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			result := partResult{}
			var err error
			if result.Report, result.Histograms, err = runPart(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout()); err != nil {
				result.Error = err.Error()
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
		},
	}
}

func runPart(ctx context.Context, in io.Reader, out io.Writer) (*report, map[string]sparse, error) {
	lines := bufio.NewReader(in)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return nil, nil, fmt.Errorf("read order: %w", err)
	}
	var order partOrder
	if err := json.Unmarshal(first, &order); err != nil {
		return nil, nil, fmt.Errorf("read order: %w", err)
	}
	o := order.Options.options()
	if err := o.validate(); err != nil {
		return nil, nil, err
	}
	r, err := newRun(o)
	if err != nil {
		return nil, nil, err
	}
	// The coordinator's end is this process's: standard input ends with it.
	loadCtx, end := context.WithCancel(ctx)
	defer end()
	begin := make(chan struct{})
	go func() {
		defer end()
		line, err := lines.ReadString('\n')
		if err != nil || line != goAhead+"\n" {
			return
		}
		close(begin)
		_, _ = io.Copy(io.Discard, lines)
	}()
	r.gate = func(ctx context.Context) error {
		if _, err := fmt.Fprintln(out, gathered); err != nil {
			return fmt.Errorf("tell the coordinator: %w", err)
		}
		select {
		case <-begin:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	rep, err := r.execute(context.WithoutCancel(ctx), loadCtx)
	if err != nil {
		return nil, nil, err
	}
	all := map[string]sparse{}
	for name, h := range r.histograms() {
		all[name] = h.pack()
	}
	return rep, all, nil
}

func (r *run) histograms() map[string]*histogram {
	return map[string]*histogram{"ack": r.ack, "other": r.other, "bot": r.bot, "reconnect": r.reconnect, "late": r.late, "acts": r.acts}
}

// fleet is the coordinator of several children.
type fleet struct {
	opts  *options
	sum   *run // adds up; connects to nothing
	parts []*child
}

type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	result partResult
}

// runFleet runs o.processes children. ctx bounds everything, loadCtx the load.
func runFleet(ctx, loadCtx context.Context, o *options) (*report, error) {
	for _, pid := range o.pids {
		if _, err := rss(pid); err != nil {
			return nil, fmt.Errorf("--pid: %w", err)
		}
	}
	sum, err := newRun(o)
	if err != nil {
		return nil, err
	}
	defer sum.closeDoors()
	f := &fleet{opts: o, sum: sum}
	watchCtx, stopWatch := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { sum.memory.run(watchCtx) })
	defer watch.Wait()
	defer stopWatch()
	defer f.end()
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	if err := f.each(func(c *child) error { return c.expect(gathered) }); err != nil {
		return nil, err
	}
	count, err := countTransactions(ctx, o.database)
	if err != nil {
		return nil, err
	}
	sum.memory.load(false)
	if err := f.each(func(c *child) error {
		_, err := io.WriteString(c.in, goAhead+"\n")
		return err
	}); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(loadCtx, f.hangUp)
	defer stop()
	loaded := time.AfterFunc(o.duration, func() { sum.memory.load(true) })
	defer loaded.Stop()
	if err := f.each((*child).wait); err != nil {
		return nil, err
	}
	sum.memory.sample()
	if sum.transactions, err = count(ctx); err != nil {
		return nil, err
	}
	return f.report(), nil
}

// start starts the children and gives them their orders.
func (f *fleet) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	for n := range f.opts.processes {
		cmd := exec.CommandContext(ctx, self, "part")
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			return fmt.Errorf("start part: %w", err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return fmt.Errorf("start part: %w", err)
		}
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("start part: %w", err)
		}
		f.parts = append(f.parts, &child{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20)})
		if err := json.NewEncoder(in).Encode(partOrder{Options: f.opts.part(n), Number: n}); err != nil {
			return fmt.Errorf("give part %d its order: %w", n, err)
		}
	}
	return nil
}

// each does something with all children at once.
func (f *fleet) each(do func(*child) error) error {
	var g errgroup.Group
	for n, c := range f.parts {
		g.Go(func() error {
			if err := do(c); err != nil {
				return fmt.Errorf("part %d: %w", n, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// expect reads one line; what is not the line is the child's result, early.
func (c *child) expect(want string) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("ended without a word: %w", err)
	}
	if string(line) == want+"\n" {
		return nil
	}
	if err := json.Unmarshal(line, &c.result); err == nil && c.result.Error != "" {
		return errors.New(c.result.Error)
	}
	return fmt.Errorf("said %.80q", line)
}

// wait reads the child's result.
func (c *child) wait() error {
	if err := json.NewDecoder(c.out).Decode(&c.result); err != nil {
		return fmt.Errorf("read its result: %w", err)
	}
	if c.result.Error != "" || c.result.Report == nil {
		return errors.New("failed: " + c.result.Error)
	}
	return nil
}

// hangUp ends the children's load; they still settle and report.
func (f *fleet) hangUp() {
	for _, c := range f.parts {
		_ = c.in.Close() // twice is harmless
	}
}

// end waits for the children; one that has not reported is ended.
func (f *fleet) end() {
	f.hangUp()
	for _, c := range f.parts {
		if c.result.Report == nil {
			_ = c.cmd.Process.Kill() // it may have ended
		}
		_ = c.cmd.Wait() // its result was read, or it was killed
	}
}

// report adds up what the children found.
func (f *fleet) report() *report {
	mine := f.sum.histograms()
	for _, c := range f.parts {
		for name, s := range c.result.Histograms {
			if h := mine[name]; h != nil {
				h.merge(s)
			}
		}
	}
	rep := f.sum.report()
	rep.Processes, rep.Seconds, rep.Bot = len(f.parts), 0, nil
	for _, c := range f.parts {
		r := c.result.Report
		rep.add(r.verdict)
		rep.Seconds = max(rep.Seconds, r.Seconds)
		rep.Reconnects += r.Reconnects
		rep.Resent += r.Resent
		rep.Deferred += r.Deferred
		rep.Holes += r.Holes
		rep.WireRepeats += r.WireRepeats
		rep.Cut += r.Cut
		for kind, n := range r.Errors {
			rep.Errors[kind] += n
		}
		if b := r.Bot; b != nil {
			if rep.Bot == nil {
				rep.Bot = &botOutcome{}
			}
			rep.Bot.Answered += b.Answered
			rep.Bot.Clarified += b.Clarified
			rep.Bot.HandedOver += b.HandedOver
			rep.Bot.Replied += b.Replied
			rep.Bot.TimedOut += b.TimedOut
		}
	}
	rep.sumUp()
	return rep
}

// add adds another oracle's finding.
func (v *verdict) add(w verdict) {
	for _, f := range []struct {
		to   *int
		from int
	}{
		{&v.Sent, w.Sent},
		{&v.Acked, w.Acked},
		{&v.Received, w.Received},
		{&v.Stored, w.Stored},
		{&v.Refused, w.Refused},
		{&v.Lost, w.Lost},
		{&v.Duplicated, w.Duplicated},
		{&v.Reordered, w.Reordered},
		{&v.Phantom, w.Phantom},
		{&v.Corrupted, w.Corrupted},
		{&v.Gaps, w.Gaps},
		{&v.Unanswered, w.Unanswered},
		{&v.Detail.LostStored, w.Detail.LostStored},
		{&v.Detail.LostVisitor, w.Detail.LostVisitor},
		{&v.Detail.LostAgent, w.Detail.LostAgent},
		{&v.Detail.LostWatcher, w.Detail.LostWatcher},
		{&v.Detail.DupStored, w.Detail.DupStored},
		{&v.Detail.DupAcked, w.Detail.DupAcked},
		{&v.Detail.DupSeen, w.Detail.DupSeen},
		{&v.Detail.ReorderedSeen, w.Detail.ReorderedSeen},
		{&v.Detail.ReorderedStored, w.Detail.ReorderedStored},
		{&v.Detail.ReorderedSent, w.Detail.ReorderedSent},
		{&v.Detail.StoredUnacked, w.Detail.StoredUnacked},
	} {
		*f.to += f.from
	}
}
