package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkChat prints the figures "Chat" of docs/bench/chat.md: bin/frontdesk with
// a private cluster of its own, fsync on, and bin/deskload beside it, as processes.
// Inside each clock: from the moment a message was due to its row on the other
// side's socket. `make build` first. BENCH_SOCKETS (5,000) is the size of the idle
// crowd, BENCH_SECONDS (15) how long each load lasts.
func BenchmarkChat(b *testing.B) {
	d := startBenched(b)
	for b.Loop() { // a load lasts as long as it lasts: one round
		d.idle(number(b, "BENCH_SOCKETS", 5000))
		for _, rate := range []int{200, 2000} {
			r := d.load(rate)
			d.print(fmt.Sprintf("chat.p50_ms_at_%d", rate), *r.Latency.OtherSide.P50, "ms")
			d.print(fmt.Sprintf("chat.p99_ms_at_%d", rate), *r.Latency.OtherSide.P99, "ms")
		}
		d.most()
		d.mixed()
		for name, n := range d.found {
			d.print("chat."+name, float64(n), "messages")
		}
	}
}

// BenchmarkSeveralNodes prints what takes three nodes on one PostgreSQL and one NATS:
// BENCH_CROWD (50,000) idle sockets by four generators, and how long clients of a
// killed node are away.
func BenchmarkSeveralNodes(b *testing.B) {
	d := programs(b)
	for b.Loop() {
		d.crowd(number(b, "BENCH_CROWD", 50_000))
		r := d.run("faults", "--server", filepath.Join(d.bin, "frontdesk"), "--faults", "kill", "--seed", "6", "--visitors", "300",
			"--calm", "6s", "--hold", "3s", "--duration", strconv.Itoa(6*d.seconds)+"s")
		d.print("chat.resume_p50_ms", *r.Latency.Reconnect.P50, "ms")
		d.print("chat.resume_max_ms", *r.Latency.Reconnect.Max, "ms")
		d.print("chat.resume_kills", float64(r.Faults.Counts["kill"]), "kills")
		d.print("chat.resume_reconnects", float64(r.Reconnects), "connections")
	}
}

// benched is a server under measurement.
type benched struct {
	b       *testing.B
	url     string
	pid     int
	data    string
	bin     string
	seconds int
	found   map[string]int // by the oracles of all loads
}

// programs finds what make build made.
func programs(b *testing.B) *benched {
	b.Helper()
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"frontdesk", "deskload"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			b.Fatalf("%v: run make build first", err)
		}
	}
	return &benched{b: b, bin: bin, seconds: number(b, "BENCH_SECONDS", 15), found: map[string]int{"lost": 0, "duplicated": 0, "reordered": 0}}
}

func startBenched(b *testing.B) *benched {
	b.Helper()
	d := programs(b)
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close() // the server takes it; nobody else asks for it in between
	d.url, d.data = "http://"+addr, b.TempDir()
	server := exec.CommandContext(context.WithoutCancel(b.Context()), filepath.Join(d.bin, "frontdesk"), "serve", "--demo", "--addr", addr, "--data", d.data)
	// Every conversation is claimed by an agent of the generator's, and visitors write as fast as they are told.
	server.Env = append(os.Environ(), "FRONTDESK_WEB_SENDS_PER_SECOND=0", "FRONTDESK_WEB_SESSIONS_PER_MINUTE=0", "FRONTDESK_ROUTING_ENABLED=false")
	log := &bytes.Buffer{}
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	d.pid = server.Process.Pid
	b.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
		if b.Failed() {
			b.Log(log.String())
		}
	})
	ready := time.NewTicker(100 * time.Millisecond)
	defer ready.Stop()
	for wait := time.After(time.Minute); ; {
		select {
		case <-wait:
			b.Fatal("the server was not ready within a minute")
		case <-ready.C:
		}
		if d.get("/readyz") != "" {
			return d
		}
	}
}

func number(b *testing.B, name string, otherwise int) int {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return n
}

// get returns what the server says to a GET, empty unless that is 200.
func (d *benched) get(path string) string {
	req, err := http.NewRequestWithContext(d.b.Context(), http.MethodGet, d.url+path, nil)
	if err != nil {
		d.b.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		return ""
	}
	return body.String()
}

// counter is one of the server's metrics.
func (d *benched) counter(name string) float64 {
	for line := range strings.Lines(d.get("/metrics")) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				d.b.Fatal(err)
			}
			return n
		}
	}
	d.b.Fatalf("no metric %s", name)
	return 0
}

// run runs the generator. A fault that its oracle finds fails the benchmark.
func (d *benched) run(args ...string) *report {
	if d.pid != 0 {
		args = append(args, "--url", d.url, "--pid", strconv.Itoa(d.pid))
	}
	cmd := exec.CommandContext(d.b.Context(), filepath.Join(d.bin, "deskload"), append(args, "--json")...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		d.b.Fatalf("deskload %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), problems.String())
	}
	r := &report{}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		d.b.Fatal(err)
	}
	d.found["lost"] += r.Lost
	d.found["duplicated"] += r.Duplicated
	d.found["reordered"] += r.Reordered
	return r
}

func (d *benched) print(name string, value float64, unit string) {
	_, _ = fmt.Fprintf(os.Stdout, "\nbench %s %.4g %s\n", name, value, unit)
}

// idle measures a crowd that only sits there, against the server that has come to rest: it gives back what starting took,
// and what gathering them took, some ten seconds after.
func (d *benched) idle(sockets int) {
	d.rest(d.pid)
	r := d.run("--visitors", strconv.Itoa(sockets), "--rate", "0", "--duration", "60s")
	grown := float64(*r.RSS.End - *r.RSS.Start)
	d.print("chat.rss_per_socket_kib", grown/float64(sockets), "KiB")
	d.print("chat.rss_online_mib", grown/1024, "MiB")
	if r.RSS.Cores != nil {
		d.print(fmt.Sprintf("chat.idle_cpu_cores_%dk", sockets/1000), *r.RSS.Cores, "cores")
	}
}

// rest waits until a server's memory has hardly changed for twenty seconds.
func (d *benched) rest(pid int) {
	const look, still, hardly = time.Second, 20, 2 << 10 // KiB
	tick := time.NewTicker(look)
	defer tick.Stop()
	var seen []int64
	for wait := time.After(2 * time.Minute); ; {
		select {
		case <-wait:
			d.b.Fatal("the server's memory did not come to rest within two minutes")
		case <-tick.C:
		}
		kib, err := rss(pid)
		if err != nil {
			d.b.Fatal(err)
		}
		if seen = append(seen, kib); len(seen) > still {
			seen = seen[1:]
			if slices.Max(seen)-slices.Min(seen) <= hardly {
				return
			}
		}
	}
}

// load sends rate messages a second, all by visitors, each read by an agent.
func (d *benched) load(rate int) *report {
	visitors := min(60+rate/10, 1500)
	return d.run("--visitors", strconv.Itoa(visitors), "--agents", "2", "--agent-credentials", filepath.Join(d.data, "demo-accounts.json"),
		"--agent-share", "0", "--rate", strconv.Itoa(rate), "--duration", strconv.Itoa(d.seconds)+"s", "--max-messages", "5000000")
}

// most looks for the highest rate with P99 ≤ 150 ms, in steps of a sixth.
func (d *benched) most() {
	best := 0
	for _, rate := range []int{4000, 6000, 8000, 10_000, 12_000, 14_000, 16_000} {
		rows, batches := d.counter("frontdesk_log_rows_total"), d.counter("frontdesk_log_batches_total")
		r := d.load(rate)
		p99 := *r.Latency.OtherSide.P99
		d.print(fmt.Sprintf("chat.p99_ms_at_%d", rate), p99, "ms")
		d.print(fmt.Sprintf("chat.tx_per_msg_at_%d", rate),
			(d.counter("frontdesk_log_batches_total")-batches)/(d.counter("frontdesk_log_rows_total")-rows), "tx")
		if p99 > 150 {
			break
		}
		best = rate
	}
	d.print("chat.max_msgs_per_s", float64(best), "msg/s")
	d.print("chat.cores", float64(runtime.NumCPU()), "cores")
}

// mixed is 3,000 people of all kinds, each with an act in ten seconds.
func (d *benched) mixed() {
	r := d.run("--mode", "mixed", "--visitors", "2998", "--agents", "2", "--agent-credentials", filepath.Join(d.data, "demo-accounts.json"),
		"--rate", "300", "--duration", strconv.Itoa(2*d.seconds)+"s")
	d.print("chat.mixed3000_mean_ms", *r.Latency.All.Mean, "ms")
	d.print("chat.mixed3000_p99_ms", *r.Latency.All.P99, "ms")
	errors := 0
	for _, n := range r.Errors {
		errors += n
	}
	d.print("chat.mixed3000_errors", float64(errors), "errors")
}

// crowd is so many idle sockets on three nodes.
func (d *benched) crowd(sockets int) {
	f := &faultOptions{server: filepath.Join(d.bin, "frontdesk"), nodes: 3, seed: 1}
	c, err := startCluster(d.b.Context(), f, d.b.TempDir())
	if err != nil {
		d.b.Fatal(err)
	}
	defer func() {
		if err := c.close(context.WithoutCancel(d.b.Context())); err != nil {
			d.b.Error(err)
		}
	}()
	var urls, pids []string
	for _, n := range c.nodes {
		urls = append(urls, "http://"+n.addr)
		pids = append(pids, strconv.Itoa(n.process.pid()))
		d.rest(n.process.pid())
	}
	r := d.run("--processes", "4", "--url", strings.Join(urls, ","), "--pid", strings.Join(pids, ","), "--visitors", strconv.Itoa(sockets),
		"--rate", "0", "--duration", "40s")
	d.print("chat.sockets", float64(r.Visitors), "sockets")
	d.print("chat.sockets_broken", float64(r.Reconnects), "connections")
	d.print("chat.sockets_rss_kib", float64(*r.RSS.End-*r.RSS.Start)/float64(sockets), "KiB")
	d.print("chat.sockets_cores", *r.RSS.Cores, "cores")
}
