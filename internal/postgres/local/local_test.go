package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// The test binary doubles as a server that gets killed: it starts the cluster
// that these variables name, prints the postmaster's id and waits.
const (
	childDir  = "FRONTDESK_TEST_CHILD_DIR"  // "temporary" for a temporary cluster
	childHome = "FRONTDESK_TEST_CHILD_HOME" // Config.home
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(serveUntilKilled(dir, os.Getenv(childHome)))
	}
	goleak.VerifyTestMain(m)
}

func serveUntilKilled(dir, home string) int {
	ctx := context.Background()
	var c *Cluster
	var err error
	if dir == "temporary" {
		c, err = Temporary(ctx, TemporaryConfig{})
	} else {
		c, err = Start(ctx, Config{DataDir: dir, home: home})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(c.PID(), c.layout.home)
	<-c.Ended()
	return 0
}

// killedServer runs a child that serves dir until the returned kill, which
// waits for its end. It returns the postmaster's id and the cluster's folder.
func killedServer(t *testing.T, dir, home string) (pid int, clusterHome string, kill func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe) //nolint:noctx // killed below
	cmd.Env = append(os.Environ(), childDir+"="+dir, childHome+"="+home)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill() // it may have failed to start
			_ = cmd.Wait()         // "signal: killed"
		}
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("child server did not start: %v", err)
	}
	if _, err := fmt.Sscan(line, &pid, &clusterHome); err != nil {
		t.Fatal(err)
	}
	return pid, clusterHome, kill
}

// setup returns the configuration of a cluster that ends with the test.
func setup(t *testing.T) Config {
	t.Helper()
	home := t.TempDir()
	for dir := home; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o711); err != nil { // as root, the user postgres walks through it
			t.Fatal(err)
		}
	}
	return Config{DataDir: filepath.Join(t.TempDir(), "data"), home: home}
}

func start(t *testing.T, cfg Config) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
}

func exec1(t *testing.T, c *Cluster, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) // read below by the server's end
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func value(t *testing.T, c *Cluster, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) // nothing was written
	var s string
	if err := conn.QueryRow(t.Context(), sql).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// awaitEnd waits until no process has that id.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for alive(pid) {
		select {
		case <-ticker.C:
		case <-deadline.C:
			t.Fatalf("process %d is still there", pid)
		}
	}
}

func TestClusterKeepsItsDataAcrossStops(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	c := start(t, cfg)
	exec1(t, c, "CREATE TABLE words (word text)")
	exec1(t, c, "INSERT INTO words VALUES ('你好')")
	pid := c.PID()
	stop(t, c)
	awaitEnd(t, pid)
	if _, err := pgx.Connect(t.Context(), c.URL()); err == nil {
		t.Fatal("a closed cluster still takes connections")
	}

	c = start(t, cfg)
	if c.Adopted() {
		t.Error("a stopped cluster was adopted")
	}
	if got := value(t, c, "SELECT word FROM words"); got != "你好" {
		t.Errorf("word = %q", got)
	}
}

func TestClusterIsPrivateDurableAndCarriesItsName(t *testing.T) {
	t.Parallel()
	c := start(t, setup(t))
	for setting, want := range map[string]string{
		"listen_addresses":   "",
		"fsync":              "on",
		"synchronous_commit": "on",
		"full_page_writes":   "on",
		"data_checksums":     "on",
		"server_encoding":    "UTF8",
		"TimeZone":           "UTC",
		"cluster_name":       c.layout.name,
	} {
		if got := value(t, c, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if !strings.HasPrefix(c.layout.name, "frontdesk-") {
		t.Errorf("cluster_name = %q", c.layout.name)
	}
	info, err := os.Stat(c.layout.socket)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder is open to others: %v", info.Mode())
	}
	exec1(t, c, "CREATE EXTENSION vector")
}

func TestTerminalInterruptDoesNotReachTheDatabase(t *testing.T) {
	t.Parallel()
	c := start(t, setup(t))
	theirs, err := syscall.Getpgid(c.PID())
	if err != nil {
		t.Fatal(err)
	}
	if theirs == syscall.Getpgrp() {
		t.Error("postgres is in this process's group: Ctrl-C would stop it before the drain")
	}
}

func TestSecondServerIsRefusedWithTheHoldersID(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	start(t, cfg)
	_, err := Start(t.Context(), cfg)
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("err = %v, want ErrInUse", err)
	}
	if !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("%q does not name the holder", err)
	}
}

func TestClusterOfAKilledServerIsAdopted(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	pid, _, kill := killedServer(t, cfg.DataDir, cfg.home)
	if _, err := Start(t.Context(), cfg); !errors.Is(err, ErrInUse) {
		t.Fatalf("while the child lives: err = %v, want ErrInUse", err)
	}
	kill()

	c := start(t, cfg)
	if !c.Adopted() || c.PID() != pid {
		t.Fatalf("adopted = %v, pid = %d, want the running %d", c.Adopted(), c.PID(), pid)
	}
	exec1(t, c, "CREATE TABLE t ()")
	stop(t, c)
	awaitEnd(t, pid)
}

func TestClusterRecoversWhenServerAndDatabaseAreKilled(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	c := start(t, cfg)
	exec1(t, c, "CREATE TABLE words (word text)")
	stop(t, c)

	for range 3 {
		pid, _, kill := killedServer(t, cfg.DataDir, cfg.home)
		kill()
		adopted := start(t, cfg)
		exec1(t, adopted, "INSERT INTO words VALUES ('kept')")
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-adopted.Ended()
		stop(t, adopted)
	}
	c = start(t, cfg)
	if c.Adopted() {
		t.Error("a dead cluster was adopted")
	}
	if got := value(t, c, "SELECT count(*)::text FROM words"); got != "3" {
		t.Errorf("%s words survived, want 3", got)
	}
}

func TestEndedTellsThatTheDatabaseDied(t *testing.T) {
	t.Parallel()
	c := start(t, setup(t))
	if err := syscall.Kill(c.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Ended():
	case <-time.After(20 * time.Second):
		t.Fatal("Ended is open although postgres was killed")
	}
}

func TestPidFileThatNamesAnotherProcessIsStale(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	c := start(t, cfg)
	data := c.layout.data
	stop(t, c)
	// In a container ids are few: after a restart the number means someone else.
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n", os.Getpid(), data, c.layout.socket)
	if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if start(t, cfg).Adopted() {
		t.Error("this test was adopted as a database")
	}
}

func TestInterruptedInitdbIsStartedOver(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	c := start(t, cfg)
	data := c.layout.data
	stop(t, c)
	if err := os.Rename(data, data+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(data+".new", "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	exec1(t, start(t, cfg), "CREATE TABLE t ()")
}

func TestStartOnAFullDiskSaysSoAndLeavesNoHalfCluster(t *testing.T) {
	t.Parallel()
	for name, free := range map[string]uint64{"not even a start": 1 << 20, "no new cluster": 100 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := setup(t)
			cfg.free = func(string) (uint64, error) { return free, nil }
			_, err := Start(t.Context(), cfg)
			if !errors.Is(err, ErrDiskFull) {
				t.Fatalf("err = %v, want ErrDiskFull", err)
			}
			cfg.free = nil
			exec1(t, start(t, cfg), "CREATE TABLE t ()")
		})
	}
}

func TestCanceledStartLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v, want context.Canceled", err)
	}
	exec1(t, start(t, cfg), "CREATE TABLE t ()")
}

func TestLongDataDirectoryStillGetsASocket(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	long := strings.Repeat("d", 120)
	cfg.DataDir = filepath.Join(cfg.DataDir, long)
	cfg.home = filepath.Join(cfg.home, long)
	c := start(t, cfg)
	exec1(t, c, "CREATE TABLE t ()")
	stop(t, c)
	if _, err := os.Stat(c.layout.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's folder %s was left: %v", c.layout.socket, err)
	}
}

func TestCloseIsRepeatable(t *testing.T) {
	t.Parallel()
	c := start(t, setup(t))
	stop(t, c)
	stop(t, c)
}

func TestCloseCutsAShutdownShortWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	cfg := setup(t)
	c, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, c, "CREATE TABLE t ()")
	if err := c.Close(canceled(t.Context())); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v", err)
	}
	<-c.Ended()
	exec1(t, start(t, cfg), "INSERT INTO t DEFAULT VALUES")
}
