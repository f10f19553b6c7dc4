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
}

func startBenched(b *testing.B) *benched {
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
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close() // the server takes it; nobody else asks for it in between
	d := &benched{b: b, url: "http://" + addr, data: b.TempDir(), bin: bin, seconds: number(b, "BENCH_SECONDS", 15)}
	server := exec.CommandContext(context.WithoutCancel(b.Context()), filepath.Join(bin, "frontdesk"), "serve", "--demo", "--addr", addr, "--data", d.data)
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
	cmd := exec.CommandContext(d.b.Context(), filepath.Join(d.bin, "deskload"),
		append([]string{"--url", d.url, "--json", "--pid", strconv.Itoa(d.pid)}, args...)...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		d.b.Fatalf("deskload %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), problems.String())
	}
	r := &report{}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		d.b.Fatal(err)
	}
	return r
}

func (d *benched) print(name string, value float64, unit string) {
	_, _ = fmt.Fprintf(os.Stdout, "\nbench %s %.4g %s\n", name, value, unit)
}

// idle measures a crowd that only sits there.
func (d *benched) idle(sockets int) {
	r := d.run("--visitors", strconv.Itoa(sockets), "--rate", "0", "--duration", "40s")
	grown := float64(*r.RSS.End - *r.RSS.Start)
	d.print("chat.rss_per_socket_kib", grown/float64(sockets), "KiB")
	d.print("chat.rss_online_mib", grown/1024, "MiB")
	if r.RSS.Cores != nil {
		d.print(fmt.Sprintf("chat.idle_cpu_cores_%dk", sockets/1000), *r.RSS.Cores, "cores")
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
