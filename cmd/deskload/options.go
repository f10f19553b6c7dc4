package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"frontdesk/web/client"
)

// options are the flags of a run. See bind for meaning and defaults.
type options struct {
	url         string
	allowRemote bool
	mode        string
	visitors    int
	agents      int
	credentials string
	rate        float64
	agentShare  float64
	duration    time.Duration
	maxMessages int
	settle      time.Duration
	pids        []int
	json        bool
	log         string
	questions   string
	encoding    string
	window      int
	site        string
	answerLimit time.Duration
	beat        time.Duration
	processes   int
	dropEvery   time.Duration
	dropShare   float64
	botShare    float64
	database    string

	// Of one process among several: where its people begin.
	firstAgent int
	firstDoor  int
}

// The modes.
const (
	modeChat  = "chat"
	modeBot   = "bot"
	modeMixed = "mixed"
)

// Bounds of a run: nothing goes on for ever or fills the memory.
const (
	maxSockets  = 20_000 // open files of a process on the reference machine, and well below the ephemeral ports of one address
	spareFiles  = 200    // log, HTTP connections, the run time's own
	maxMessages = 5_000_000
	maxDuration = 24 * time.Hour

	maxProcesses = 16
)

func (o *options) bind(f *pflag.FlagSet) {
	f.StringVar(&o.url, "url", "http://127.0.0.1:8080", "base URL of the server, or of several nodes with commas between; loopback only unless --allow-remote")
	f.BoolVar(&o.allowRemote, "allow-remote", false, "allow a server on another machine")
	f.StringVar(&o.mode, "mode", modeChat, "chat: visitors and agents talk, at --rate; bot: each visitor asks, waits for the bot's answer, asks again; mixed: a day's mixture at --rate, --bot-share of the visitors with the bot")
	f.IntVar(&o.visitors, "visitors", 10, "visitors, each with a socket and a conversation")
	f.IntVar(&o.agents, "agents", 0, "agents, each with a socket; the first also watches its inbox")
	f.StringVar(&o.credentials, "agent-credentials", "", `JSON file {"agents":[{"email":…,"password":…}]}, as serve --demo writes it`)
	f.Float64Var(&o.rate, "rate", 50, "chat mode: messages a second in all, by an open loop; 0 keeps the sockets idle")
	f.Float64Var(&o.agentShare, "agent-share", 0.3, "chat mode: share of the messages that agents write, 0 to 1")
	f.DurationVar(&o.duration, "duration", 30*time.Second, "how long to send")
	f.IntVar(&o.maxMessages, "max-messages", 1_000_000, "stop sending after this many messages")
	f.DurationVar(&o.settle, "settle", 20*time.Second, "how long to wait for what is under way after the last message")
	f.IntSliceVar(&o.pids, "pid", nil, "processes whose memory and processor time are measured: the server's; several with commas between")
	f.BoolVar(&o.json, "json", false, "print one JSON object instead of a table")
	f.StringVar(&o.log, "log", "", "write what every client sent, was told and was shown to this file, as JSONL")
	f.StringVar(&o.questions, "questions", "", "bot mode: one question a line (of tab-separated lines the last column); default: questions to the demo shop")
	f.StringVar(&o.encoding, "encoding", "proto", "frames: json or proto")
	f.IntVar(&o.window, "window", 1, "messages of one conversation that may be under way at once; 1 as in the widget")
	f.StringVar(&o.site, "site", "", "key of the site the visitors write from; empty: the server's default")
	f.DurationVar(&o.beat, "beat", 250*time.Millisecond, "bot mode: all visitors ask together on this beat, each once it has its last answer; 0: each again at once")
	f.IntVar(&o.processes, "processes", 1, "processes of deskload that share the load, each with at most 20,000 sockets")
	f.DurationVar(&o.dropEvery, "drop-every", 0, "cut --drop-share of all sockets at once, again and again: a storm of reconnects; 0: never")
	f.Float64Var(&o.dropShare, "drop-share", 1, "share of the sockets that --drop-every cuts, 0 to 1")
	f.Float64Var(&o.botShare, "bot-share", 0.5, "mixed mode: share of the visitors who ask the bot, 0 to 1")
	f.StringVar(&o.database, "database", "", "URL of the server's database: counts its committed transactions under load")
	f.DurationVar(&o.answerLimit, "answer-limit", 15*time.Second, "bot mode: a question without an answer for this long counts as timed out")
}

// silent reports whether the visitors only sit there: then they ask for nobody either.
func (o *options) silent() bool { return o.mode == modeChat && o.rate == 0 && o.agents == 0 }

func (o *options) validate() error {
	var bad []error
	refuse := func(format string, args ...any) { bad = append(bad, fmt.Errorf(format, args...)) }
	if err := checkTarget(o.url, o.allowRemote); err != nil {
		bad = append(bad, err)
	}
	if _, err := client.ParseEncoding(o.encoding); err != nil {
		refuse("--encoding: %w", err)
	}
	if o.visitors < 1 {
		refuse("--visitors %d: at least 1", o.visitors)
	}
	if o.agents < 0 {
		refuse("--agents %d: at least 0", o.agents)
	}
	if o.agents > 0 && o.credentials == "" {
		refuse("--agents needs --agent-credentials FILE")
	}
	switch {
	case o.processes < 1 || o.processes > maxProcesses:
		refuse("--processes %d: between 1 and %d", o.processes, maxProcesses)
	case o.processes > o.visitors || (o.agents > 0 && o.processes > o.agents):
		refuse("--processes %d: each needs a visitor and, where there are agents, an agent", o.processes)
	case o.processes > 1 && o.log != "":
		refuse("--log is of one process")
	default:
		if err := checkFiles((o.visitors + o.agents + o.processes - 1) / o.processes); err != nil {
			bad = append(bad, err)
		}
	}
	if o.dropEvery < 0 || o.dropEvery > time.Hour || o.dropShare < 0 || o.dropShare > 1 || o.botShare < 0 || o.botShare > 1 {
		refuse("--drop-every: between 0 and an hour; --drop-share and --bot-share: between 0 and 1")
	}
	if o.rate < 0 || o.rate > 1e6 {
		refuse("--rate %g: between 0 and 1000000", o.rate)
	}
	if o.agentShare < 0 || o.agentShare > 1 {
		refuse("--agent-share %g: between 0 and 1", o.agentShare)
	}
	if o.duration <= 0 || o.duration > maxDuration {
		refuse("--duration %s: more than 0, at most %s", o.duration, maxDuration)
	}
	if o.settle <= 0 || o.settle > time.Hour || o.answerLimit <= 0 || o.answerLimit > time.Hour {
		refuse("--settle and --answer-limit: more than 0, at most an hour")
	}
	if o.beat < 0 || o.beat > time.Hour {
		refuse("--beat %s: between 0 and an hour", o.beat)
	}
	if o.maxMessages < 1 || o.maxMessages > maxMessages {
		refuse("--max-messages %d: between 1 and %d", o.maxMessages, maxMessages)
	}
	if o.window < 1 || o.window > 1024 {
		refuse("--window %d: between 1 and 1024", o.window)
	}
	for _, pid := range o.pids {
		if pid < 1 {
			refuse("--pid %d: at least 1", pid)
		}
	}
	switch o.mode {
	case modeChat:
		if o.questions != "" {
			refuse("--questions belongs to --mode bot and mixed")
		}
	case modeBot:
		if o.agents > 0 {
			refuse("--mode bot has no agents")
		}
	case modeMixed:
		if o.rate == 0 {
			refuse("--mode mixed needs a --rate")
		}
	default:
		refuse("--mode %q: chat, bot or mixed", o.mode)
	}
	return errors.Join(bad...)
}

// checkTarget refuses to put load on another machine by accident.
func checkTarget(raw string, remote bool) error {
	for one := range strings.SplitSeq(raw, ",") {
		u, err := url.Parse(one)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("--url %q: want http://host:port", one)
		}
		if remote || u.Hostname() == "localhost" {
			continue
		}
		if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
			return fmt.Errorf("--url %q is not this machine; --allow-remote permits it", one)
		}
	}
	return nil
}

// checkFiles refuses more sockets than the process may open.
func checkFiles(sockets int) error {
	limit := uint64(maxSockets)
	var r syscall.Rlimit
	// Go raises the soft limit to the hard one at start.
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err == nil {
		limit = min(limit, r.Cur)
	}
	if limit < spareFiles || uint64(max(sockets, 0)) > limit-spareFiles {
		return fmt.Errorf("%d sockets need %d open files and this process may use %d: start several deskloads with fewer visitors each, or raise ulimit -n (at most %d are used)",
			sockets, sockets+spareFiles, limit, maxSockets)
	}
	return nil
}

// credential is one agent's sign-in.
type credential struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// readCredentials reads n agents of a file, from the given one on.
func readCredentials(path string, from, n int) ([]credential, error) {
	if n == 0 {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read agent credentials: %w", err)
	}
	var in struct {
		Agents []credential `json:"agents"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("read agent credentials: %s: %w", path, err)
	}
	if len(in.Agents) < from+n {
		return nil, fmt.Errorf("%s has %d agents, --agents asks for %d", path, len(in.Agents), from+n)
	}
	return in.Agents[from : from+n], nil
}
