package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// The files of deploy/ set the server's keys by their variables: each must be one.
func TestDeploymentsSetKeysThatThereAre(t *testing.T) {
	t.Parallel()
	k := koanf.New(".")
	if err := k.Load(structs.Provider(defaultConfig(), "koanf"), nil); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"FRONTDESK_DATABASE_URL": true, "FRONTDESK_VERSION": true} // the second is compose.yaml's own
	for _, key := range k.Keys() {
		known["FRONTDESK_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_"))] = true
	}
	root := filepath.Join("..", "..", "deploy")
	found := 0
	for _, name := range []string{"compose.yaml", "Dockerfile", "example.env", "haproxy.cfg", "systemd/frontdesk.service", "systemd/frontdesk.socket"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, variable := range regexp.MustCompile(`FRONTDESK_[A-Z_]+`).FindAllString(string(text), -1) {
			found++
			if !known[variable] {
				t.Errorf("deploy/%s sets %s, which is no key", name, variable)
			}
		}
	}
	if found == 0 {
		t.Error("the deployments set nothing")
	}
}

func TestBusKeysAreCheckedTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		nats NATSConfig
		want string // part of the error; empty: accepted
	}{
		"default":            {},
		"external":           {nats: NATSConfig{URL: "nats://a:4222, tls://b:4222", Token: "x"}},
		"loopback":           {nats: NATSConfig{Listen: "127.0.0.1:4222"}},
		"open with a token":  {nats: NATSConfig{Listen: ":4222", Token: "x"}},
		"open to everybody":  {nats: NATSConfig{Listen: ":4222"}, want: "nats.token"},
		"both":               {nats: NATSConfig{URL: "nats://a:4222", Listen: "127.0.0.1:0"}, want: "nats.listen"},
		"no address":         {nats: NATSConfig{Listen: "here"}, want: "nats.listen"},
		"another scheme":     {nats: NATSConfig{URL: "http://a"}, want: "nats.url"},
		"half a pair":        {nats: NATSConfig{Cert: "/etc/hostname"}, want: "nats.cert"},
		"a file that is not": {nats: NATSConfig{Creds: "/nowhere/creds"}, want: "nats.creds"},
	} {
		cfg := defaultConfig()
		cfg.NATS = c.nats
		err := cfg.validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
