package natsbus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// maxPayloadBytes bounds one message, NATS' default; a packet stays well below.
const maxPayloadBytes = 1 << 20

// startTimeout bounds how long the embedded server may take until it serves.
const startTimeout = 10 * time.Second

// startServer starts a NATS server inside this process. Without Config.Listen it
// opens no port and serves this process alone.
func startServer(cfg Config) (*server.Server, error) {
	opts := &server.Options{
		ServerName: cfg.Node, DontListen: true, NoSigs: true, NoSystemAccount: true, NoLog: true,
		MaxPayload: maxPayloadBytes, MaxPending: maxPendingBytes, // a client that does not read is cut off, and comes back
		WriteDeadline: writeDeadline, DisableShortFirstPing: true,
	}
	if cfg.Listen != "" {
		host, port, err := net.SplitHostPort(cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("nats listen address %q: %w", cfg.Listen, err)
		}
		number, err := strconv.Atoi(port)
		if err != nil {
			return nil, fmt.Errorf("nats listen address %q: the port is no number", cfg.Listen)
		}
		if number == 0 {
			number = server.RANDOM_PORT
		}
		if host == "" {
			host = "0.0.0.0"
		}
		opts.DontListen, opts.Host, opts.Port, opts.Authorization = false, host, number, cfg.Token
		if cfg.CertFile != "" {
			if opts.TLSConfig, err = serverTLS(cfg); err != nil {
				return nil, err
			}
			opts.TLS, opts.TLSVerify, opts.TLSTimeout = true, cfg.CAFile != "", 5
		}
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("make nats server: %w", err)
	}
	s.SetLoggerV2(serverLog{cfg.Logger}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) {
		stopServer(s)
		if cfg.Listen != "" {
			return nil, fmt.Errorf("start nats server: cannot listen on %s within %v; is the address in use?", cfg.Listen, startTimeout)
		}
		return nil, errors.New("start nats server: not ready in time")
	}
	return s, nil
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// serverTLS is the server's certificate and, with a CA, the wish for clients' ones.
func serverTLS(cfg Config) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the nats certificate: %w", err)
	}
	out := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if cfg.CAFile == "" {
		return out, nil
	}
	pem, err := os.ReadFile(cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the nats CA: %w", err)
	}
	out.ClientCAs = x509.NewCertPool()
	if !out.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read the nats CA: %s has no certificate", cfg.CAFile)
	}
	out.ClientAuth = tls.RequireAndVerifyClientCert
	return out, nil
}

// serverLog passes on what the embedded server complains about. Its notices are of no use to an operator.
type serverLog struct{ log *slog.Logger }

var _ server.Logger = serverLog{}

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}

func (l serverLog) Warnf(format string, args ...any) {
	l.log.Warn("embedded nats server", "says", fmt.Sprintf(format, args...))
}

func (l serverLog) Errorf(format string, args ...any) {
	l.log.Error("embedded nats server", "says", fmt.Sprintf(format, args...))
}

func (l serverLog) Fatalf(format string, args ...any) { l.Errorf(format, args...) }
