package main

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// NATSConfig says how nodes of one database reach each other (docs/several-nodes.md).
type NATSConfig struct {
	// URL names external NATS servers, comma-separated: nats://nats.example.com:4222, tls://…, also with user:password@ or token@. Defaults to "": a server inside this process.
	URL string `koanf:"url"`
	// Listen opens the server inside this process to other nodes, host:port. Defaults to "": no port.
	Listen string `koanf:"listen"`
	// Token is the secret that nodes show each other's server. Defaults to "".
	Token string `koanf:"token"`
	// Creds is a credentials file (JWT and seed) for an external server. Defaults to "".
	Creds string `koanf:"creds"`
	// CA is a file of authorities, in PEM, that sign the other side's certificate. Defaults to "": the system's.
	CA string `koanf:"ca"`
	// Cert and Key are files with this side's certificate, in PEM. Default to "".
	Cert string `koanf:"cert"`
	Key  string `koanf:"key"`
}

func (n *NATSConfig) validate(bad func(key, format string, args ...any)) {
	if n.URL != "" && n.Listen != "" {
		bad("nats.listen", "opens the server inside this process, and nats.url asks for external ones: set one of the two")
	}
	for one := range strings.SplitSeq(n.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if n.URL != "" && (err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Host == "") {
			bad("nats.url", "has an entry that is no nats or tls URL; write nats://nats.example.com:4222") // it may hold a password: not shown
			break
		}
	}
	if n.Listen != "" {
		host, _, err := net.SplitHostPort(n.Listen)
		ip := net.ParseIP(host)
		switch {
		case err != nil:
			bad("nats.listen", "%q is not host:port; write 10.0.0.5:4222", n.Listen)
		case n.Token == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()):
			bad("nats.token", "must be set where nats.listen opens a port: whoever can write to the bus can show rows to agents")
		}
	}
	if (n.Cert == "") != (n.Key == "") {
		bad("nats.cert", "and nats.key go together")
	}
	for key, file := range map[string]*string{"nats.creds": &n.Creds, "nats.ca": &n.CA, "nats.cert": &n.Cert, "nats.key": &n.Key} {
		if *file == "" {
			continue
		}
		if abs, err := filepath.Abs(*file); err == nil {
			*file = abs
		}
		if _, err := os.Stat(*file); err != nil {
			bad(key, "%v", err)
		}
	}
}
