package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// faultOptions are the flags of deskload faults beside those of a run.
type faultOptions struct {
	options
	server string
	nodes  int
	seed   uint64
	kinds  []string
	calm   time.Duration
	hold   time.Duration
	keep   string
	plan   bool
}

// Bounds of a fault run.
const (
	maxNodes     = 8
	nodeReady    = 2 * time.Minute // a start may take so long on a busy machine
	nodeStop     = 30 * time.Second
	healTimeout  = 3 * time.Minute
	demoAgents   = 2
	boundaryWait = 5 * time.Second // for a node to come to the boundary that it is to end at
	unreadyAfter = 4 * time.Second // a node without a database must have said so by then (DESIGN: a probe older than 3 s is none)
)

func newFaults() *cobra.Command {
	f := &faultOptions{}
	cmd := &cobra.Command{
		Use:   "faults --server bin/frontdesk",
		Short: "Start PostgreSQL, NATS and some nodes, break them by a seeded plan under load, and compare everybody's log with the history",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.seed == 0 {
				f.seed = rand.Uint64() //nolint:gosec // G404: a plan's dice; the report names the seed
			}
			if err := f.validate(); err != nil {
				return err
			}
			if f.plan {
				for _, s := range planFaults(f) {
					if _, err := fmt.Fprintln(cmd.OutOrStdout(), s); err != nil {
						return fmt.Errorf("print the plan: %w", err)
					}
				}
				return nil
			}
			rep, err := f.run(cmd.Context())
			if err != nil {
				return fmt.Errorf("seed %d: %w", f.seed, err)
			}
			return finish(cmd, rep, f.json)
		},
	}
	fl := cmd.Flags()
	f.bind(fl)
	for name, value := range map[string]string{"visitors": "60", "agents": "2", "rate": "200", "settle": "60s", "duration": "1m"} {
		one := fl.Lookup(name)
		one.DefValue = value
		_ = one.Value.Set(value) // constants
	}
	for _, name := range []string{"url", "mode", "pid", "questions", "answer-limit", "beat", "allow-remote", "processes", "bot-share", "agent-credentials", "database", "site"} {
		_ = fl.MarkHidden(name) // they have no meaning here; validate refuses them
	}
	fl.StringVar(&f.server, "server", "bin/frontdesk", "the server's program")
	fl.IntVar(&f.nodes, "nodes", 3, "nodes, all on one PostgreSQL and one NATS, which are started too")
	fl.Uint64Var(&f.seed, "seed", 0, "of the plan: the same seed, nodes, kinds and times give the same faults; 0: a new one, which the report names")
	fl.StringSliceVar(&f.kinds, "faults", nil, "which: "+strings.Join(faultNames(), ", ")+"; default: all that this machine can do. One that is named twice comes twice as often")
	fl.DurationVar(&f.calm, "calm", 2*time.Second, "longest calm before a fault")
	fl.DurationVar(&f.hold, "hold", 5*time.Second, "longest time a fault holds")
	fl.StringVar(&f.keep, "keep", "", "folder for the nodes' logs and data; default: a temporary one, removed at the end")
	fl.BoolVar(&f.plan, "plan", false, "print the plan and do nothing")
	return cmd
}

func (f *faultOptions) validate() error {
	var bad []error
	if f.mode != modeChat || len(f.pids) > 0 || f.questions != "" || f.processes != 1 || f.credentials != "" || f.database != "" || f.allowRemote || f.site != "" {
		bad = append(bad, errors.New("--url, --mode, --pid, --questions, --processes, --agent-credentials, --database and --site have no meaning for faults"))
	}
	if f.rate == 0 {
		bad = append(bad, errors.New("--rate 0: faults without load show nothing"))
	}
	if f.nodes < 1 || f.nodes > maxNodes {
		bad = append(bad, fmt.Errorf("--nodes %d: between 1 and %d", f.nodes, maxNodes))
	}
	if f.agents > demoAgents {
		bad = append(bad, fmt.Errorf("--agents %d: the demo has %d", f.agents, demoAgents))
	}
	if f.calm <= 0 || f.calm > time.Hour || f.hold <= 0 || f.hold > time.Hour {
		bad = append(bad, errors.New("--calm and --hold: more than 0, at most an hour"))
	}
	if len(f.kinds) == 0 {
		for _, k := range allFaults() {
			if k.can(f) == nil {
				f.kinds = append(f.kinds, k.name)
			}
		}
	}
	for _, name := range f.kinds {
		k := faultByName(name)
		if k == nil {
			bad = append(bad, fmt.Errorf("--faults %q: one of %s", name, strings.Join(faultNames(), ", ")))
		} else if err := k.can(f); err != nil {
			bad = append(bad, fmt.Errorf("--faults %s: %w", name, err))
		}
	}
	if _, err := os.Stat(f.server); err != nil {
		bad = append(bad, fmt.Errorf("--server: %w (make build makes it)", err))
	}
	// The rest is checked as for a run; the credentials are made when the nodes are.
	rest := f.options
	rest.agents = 0
	return errors.Join(append(bad, rest.validate())...)
}

// step is one fault of a plan.
type step struct {
	Calm time.Duration `json:"calm"` // before it
	Kind string        `json:"kind"`
	Node int           `json:"node"` // from 0; of no meaning to faults of all
	Hold time.Duration `json:"hold"`
}

// String returns the step as a person reads it.
func (s step) String() string {
	return fmt.Sprintf("after %v: %s, node %d, %v", s.Calm.Round(time.Millisecond), s.Kind, s.Node+1, s.Hold.Round(time.Millisecond))
}

// planFaults draws the plan: faults one after another until their times fill the
// duration. Each kind comes before any comes again.
func planFaults(f *faultOptions) []step {
	dice := rand.New(rand.NewPCG(f.seed, 6)) //nolint:gosec // G404: replayed by the seed
	within := func(d time.Duration) time.Duration {
		return d/10 + time.Duration(dice.Int64N(int64(d-d/10)))
	}
	var plan []step
	var deck []string
	for total := time.Duration(0); total < f.duration; {
		if len(deck) == 0 {
			deck = append(deck, f.kinds...)
			dice.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		s := step{Calm: within(f.calm), Kind: deck[0], Node: dice.IntN(f.nodes), Hold: within(f.hold)}
		s.Hold = max(s.Hold, faultByName(s.Kind).least)
		deck = deck[1:]
		plan = append(plan, s)
		total += s.Calm + s.Hold
	}
	return plan
}

// faultOutcome says what was broken.
type faultOutcome struct {
	Seed        uint64         `json:"seed"`
	Nodes       int            `json:"nodes"`
	Done        []doneFault    `json:"done"`
	Counts      map[string]int `json:"counts"`
	Unavailable []string       `json:"unavailable,omitempty"` // kinds that this machine cannot do, with the reason
	// Broken promises of the nodes themselves, as one that stays ready without its database. Faults, like lost messages.
	Complaints []string `json:"complaints"`
}

type doneFault struct {
	At float64 `json:"at_s"` // since the load began
	step
}

func (f *faultOptions) run(ctx context.Context) (_ *report, err error) {
	dir := f.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "deskload-faults-"); err != nil {
			return nil, fmt.Errorf("make a folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--keep: %w", err)
	}
	c, err := startCluster(ctx, f, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close(context.WithoutCancel(ctx))) }()

	o := f.options
	o.url, o.credentials = c.urls(), filepath.Join(c.nodes[0].data, "demo-accounts.json")
	o.duration = maxDuration // the load lasts as long as the plan does
	r, err := newRun(&o)
	if err != nil {
		return nil, err
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	loadCtx, endLoad := context.WithCancel(ctx)
	defer endLoad()
	n := &nemesis{opts: f, cluster: c, run: r}
	gathered, played := make(chan struct{}), make(chan error, 1)
	r.onLoad = func() { close(gathered) }
	go func() {
		defer endLoad()
		select {
		case <-gathered:
			err := n.play(ctx, planFaults(f))
			if err != nil {
				giveUp(err)
			}
			played <- err
		case <-loadCtx.Done():
			played <- nil
		}
	}()
	rep, err := r.execute(ctx, loadCtx)
	endLoad()
	if err := errors.Join(err, <-played); err != nil {
		return nil, err
	}
	rep.Faults = n.outcome()
	rep.OK = rep.OK && len(rep.Faults.Complaints) == 0
	return rep, nil
}
