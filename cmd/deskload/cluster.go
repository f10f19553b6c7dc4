package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	natsd "github.com/nats-io/nats-server/v2/server"
	"golang.org/x/sync/errgroup"

	"frontdesk/internal/fault"
	"frontdesk/internal/postgres/local"
)

// cluster is what the faults happen to: a PostgreSQL, a NATS server and some nodes,
// each of which reaches both, and is reached, through proxies of its own.
type cluster struct {
	dir   string
	db    *local.Cluster
	bus   *natsd.Server
	nodes []*node
	disk  string // where the small file system is mounted; empty = none
}

// node is one server process with its lines.
type node struct {
	number               int
	program, data        string
	log                  *os.File
	addr                 string // that it serves on
	front, database, bus *fault.Proxy
	databaseURL          string
	door                 *door
	process              *process // replaced at each start
}

// startCluster starts everything and returns when all nodes are ready.
func startCluster(ctx context.Context, f *faultOptions, dir string) (_ *cluster, err error) {
	c := &cluster{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close(context.WithoutCancel(ctx)))
		}
	}()
	// PostgreSQL's user must reach the small file system below.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // G302: names below are not secret, their contents are closed
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	if c.db, err = local.Temporary(ctx, local.TemporaryConfig{
		Config:  local.Config{Logger: slog.New(slog.DiscardHandler), MaxConnections: 40*f.nodes + 20},
		Durable: true,
	}); err != nil {
		return nil, err
	}
	c.bus, err = natsd.NewServer(&natsd.Options{Host: "127.0.0.1", Port: natsd.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		return nil, fmt.Errorf("start NATS: %w", err)
	}
	c.bus.Start()
	if !c.bus.ReadyForConnections(nodeReady) {
		return nil, errors.New("start NATS: not ready")
	}
	for i := range f.nodes {
		n, err := c.newNode(f, i) //nolint:contextcheck // a node outlives the call that prepares it
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, n)
	}
	// The first one migrates and makes the demo's people.
	if err := c.nodes[0].start(ctx, odd{}); err != nil {
		return nil, err
	}
	var g errgroup.Group
	for _, n := range c.nodes[1:] {
		g.Go(func() error { return n.start(ctx, odd{}) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return c, c.makeRoomTight(ctx, f)
}

// newNode prepares a node; nothing is started but its proxies.
func (c *cluster) newNode(f *faultOptions, i int) (*node, error) {
	n := &node{number: i, program: f.server, data: filepath.Join(c.dir, "node"+strconv.Itoa(i+1))}
	if err := os.MkdirAll(n.data, 0o700); err != nil {
		return nil, fmt.Errorf("make node's folder: %w", err)
	}
	var err error
	if n.log, err = os.OpenFile(filepath.Join(c.dir, "node"+strconv.Itoa(i+1)+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("make node's log: %w", err)
	}
	if n.addr, err = freeAddress(); err != nil {
		return nil, err
	}
	own, err := url.Parse(c.db.URL())
	if err != nil {
		return nil, fmt.Errorf("read the database's address: %w", err)
	}
	q := own.Query()
	seed := f.seed + uint64(i)*3
	if n.front, err = fault.NewProxy(n.addr, seed); err == nil {
		n.database, err = fault.NewProxy("unix:"+filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")), seed+1)
	}
	if err == nil {
		n.bus, err = fault.NewProxy(c.bus.Addr().String(), seed+2)
	}
	if err != nil {
		return nil, fmt.Errorf("make node's lines: %w", err)
	}
	n.databaseURL = (&url.URL{Scheme: "postgres", User: url.User(q.Get("user")), Host: n.database.Addr(), Path: own.Path, RawQuery: "sslmode=disable"}).String()
	n.door, err = newDoor("http://"+n.addr, netip.Addr{}, 0)
	return n, err
}

// freeAddress returns an address that nobody serves on at the moment.
func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// odd is what a start may have beside the ordinary.
type odd struct {
	clock time.Duration // shifts the node's clock
	point string        // a fault at a boundary of its commits, as FRONTDESK_TEST_FAULTS has it
}

// start starts the node and waits until it is ready.
func (n *node) start(ctx context.Context, o odd) error {
	words := []string{n.program, "serve"}
	if o.point != "" {
		words = append(words, "--allow-faults")
	}
	if n.number == 0 {
		words = append(words, "--demo")
	}
	env := append(os.Environ(),
		"FRONTDESK_ADDR="+n.addr, "FRONTDESK_DATA="+n.data, "FRONTDESK_DATABASE_URL="+n.databaseURL, "FRONTDESK_NATS_URL=nats://"+n.bus.Addr(),
		"FRONTDESK_WEB_SESSIONS_PER_MINUTE=1000000", "FRONTDESK_WEB_SENDS_PER_SECOND=0", // all clients come from the proxy
		"FRONTDESK_WEB_DRAIN_TIMEOUT=1s", "FRONTDESK_DATABASE_MAX_CONNS=24",
	)
	if o.clock != 0 {
		env = append(env, "FRONTDESK_TEST_CLOCK="+o.clock.String())
	}
	if o.point != "" {
		env = append(env, "FRONTDESK_TEST_FAULTS="+o.point)
	}
	var err error
	if n.process, err = startProcess(words, env, n.log); err != nil {
		return fmt.Errorf("node %d: %w", n.number+1, err)
	}
	return n.untilReady(ctx, nodeReady)
}

func (n *node) ready(ctx context.Context) error { return n.door.api.Ready(ctx) }

func (n *node) untilReady(ctx context.Context, limit time.Duration) error {
	if err := n.process.untilReady(ctx, limit, n.ready); err != nil {
		return fmt.Errorf("node %d (log: %s): %w", n.number+1, n.log.Name(), err)
	}
	return nil
}

// urls returns where clients reach the nodes, with commas between.
func (c *cluster) urls() string {
	var all []string
	for _, n := range c.nodes {
		all = append(all, "http://"+n.front.Addr())
	}
	return strings.Join(all, ",")
}

// crashDatabase kills one of PostgreSQL's processes: the postmaster then ends all
// others at once and recovers from the write-ahead log, as after an immediate restart.
func (c *cluster) crashDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.db.URL())
	if err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	pid := int(conn.PgConn().PID())
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill a database process: %w", err)
	}
	_ = conn.Close(ctx) // it is dead
	return c.untilRecovered(ctx)
}

// untilRecovered waits until the database answers again.
func (c *cluster) untilRecovered(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, healTimeout, errors.New("the database did not recover in time"))
	defer cancel()
	for {
		err := c.exec(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		if wait(ctx, 50*time.Millisecond) != nil {
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

func (c *cluster) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, c.db.URL())
	if err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("tell the database: %w", err)
	}
	return nil
}

// tightBytes is the size of the small file system that the log lies on.
const tightBytes = 512 << 20

// makeRoomTight moves the conversation log to a small file system, so that it can
// be filled without filling the machine's.
func (c *cluster) makeRoomTight(ctx context.Context, f *faultOptions) error {
	if !f.has("disk-full") {
		return nil
	}
	dir := filepath.Join(c.dir, "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a small disk: %w", err)
	}
	if err := mountSmall(dir, tightBytes); err != nil {
		return fmt.Errorf("make a small disk: %w", err)
	}
	c.disk = dir
	// As PostgreSQL's own user: that of its running process.
	info, err := os.Stat("/proc/" + strconv.Itoa(c.db.PID()))
	if err != nil {
		return fmt.Errorf("make a small disk: %w", err)
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("make a small disk: the database's user is not known")
	}
	space := filepath.Join(dir, "space")
	if err := errors.Join(os.Chmod(dir, 0o711), os.Mkdir(space, 0o700), os.Chown(space, int(sys.Uid), int(sys.Gid))); err != nil { //nolint:gosec // G302: as above
		return fmt.Errorf("make a small disk: %w", err)
	}
	if err := c.exec(ctx, "CREATE TABLESPACE tight LOCATION '"+strings.ReplaceAll(space, "'", "''")+"'"); err != nil {
		return err
	}
	return c.exec(ctx, "ALTER TABLE conversation_log SET TABLESPACE tight")
}

// fillDisk fills the small file system to the last byte; heal empties it again.
func (c *cluster) fillDisk(context.Context) (heal func() error, err error) {
	path := filepath.Join(c.disk, "filler")
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("fill the disk: %w", err)
	}
	block := make([]byte, 1<<20)
	for err == nil {
		_, err = file.Write(block)
		if err != nil && len(block) > 512 { // a smaller piece may still fit
			block, err = block[:len(block)/2], nil
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return nil, errors.Join(fmt.Errorf("fill the disk: %w", err), file.Close(), os.Remove(path))
	}
	return func() error { return errors.Join(file.Close(), os.Remove(path)) }, nil
}

// close ends everything, the nodes first.
func (c *cluster) close(ctx context.Context) error {
	var err error
	for _, n := range c.nodes {
		if n.process != nil {
			_ = syscall.Kill(n.process.pid(), syscall.SIGCONT) // it may stand still
			err = errors.Join(err, n.process.stop(nodeStop))
		}
		for _, p := range []*fault.Proxy{n.front, n.database, n.bus} {
			if p != nil {
				err = errors.Join(err, p.Close())
			}
		}
		n.door.close()
		err = errors.Join(err, n.log.Close())
	}
	if c.bus != nil {
		c.bus.Shutdown()
		c.bus.WaitForShutdown()
	}
	if c.db != nil {
		err = errors.Join(err, c.db.Close(ctx))
	}
	if c.disk != "" {
		err = errors.Join(err, unmountSmall(c.disk))
	}
	return err
}

// has reports whether a kind of fault is in the plan.
func (f *faultOptions) has(kind string) bool {
	return slices.Contains(f.kinds, kind)
}
