package arch

import (
	"slices"
	"strings"
	"testing"
)

// rooms names, for a library, the folders whose packages may import it. Tests
// may use some anywhere: they look at the real thing.
var rooms = []struct {
	library string
	folders []string
	tests   bool
	why     string
}{
	{library: "C", folders: []string{"inference/internal/onnx"}, why: "cgo has one room"},
	{library: "github.com/yalue/onnxruntime_go", folders: []string{"inference/internal/onnx"}, why: "native objects have one owner"},
	{library: "github.com/jackc/pgx/", folders: []string{"internal/postgres", "cmd"}, tests: true, why: "SQL stays in internal/postgres"},
	{library: "github.com/pgvector/", folders: []string{"internal/postgres", "cmd"}, tests: true, why: "SQL stays in internal/postgres"},
	{library: "database/sql", folders: []string{"internal/postgres"}, why: "SQL stays in internal/postgres"},
	{library: "github.com/nats-io/", folders: []string{"internal/natsbus", "cmd/deskload"}, tests: true, why: "the bus has one room (deskload breaks a server of its own)"},
	{library: "github.com/riverqueue/", folders: []string{"internal/postgres"}, tests: true, why: "jobs live beside the tables"},
	{library: "github.com/go-chi/", folders: []string{"web", "cmd"}, why: "HTTP routing stays in web"},
	{library: "github.com/danielgtaylor/huma/", folders: []string{"web"}, why: "HTTP routing stays in web"},
	{library: "github.com/coder/websocket", folders: []string{"web"}, tests: true, why: "sockets stay in web"},
	{library: "github.com/alexedwards/", folders: []string{"web", "internal/auth", "internal/postgres"}, why: "sessions stay at the edge"},
	{library: "github.com/casbin/", folders: []string{"internal/auth"}, why: "permissions are decided in one place"},
	{library: "golang.org/x/crypto/", folders: []string{"internal/auth"}, tests: true, why: "secrets are made and checked in one place"},
	{library: "github.com/spf13/", folders: []string{"cmd"}, why: "commands are parsed in cmd"},
	{library: "github.com/knadh/koanf/", folders: []string{"cmd"}, why: "configuration is read in cmd"},
	{library: "github.com/allegro/bigcache/", folders: []string{"bot"}, why: "decisions are cached in one place"},
	{library: "github.com/xuri/excelize/", folders: []string{"internal/integration"}, tests: true, why: "documents are read in one place"},
	{library: "github.com/ledongthuc/pdf", folders: []string{"internal/integration"}, tests: true, why: "documents are read in one place"},
	{library: "golang.org/x/net/html", folders: []string{"internal/integration", "web"}, tests: true, why: "documents are read in one place"},
	{library: "github.com/microcosm-cc/bluemonday", folders: []string{"internal/integration", "web"}, tests: true, why: "HTML is made safe at the edge"},
	{library: "github.com/stretchr/testify", why: "the testing package suffices"},
	{library: "nhooyr.io/websocket", why: "continued as github.com/coder/websocket"},
	{library: "unsafe", folders: []string{"inference/internal/onnx", "web/frame", "internal/natsbus/wire"}, why: "nothing else is worth it"},
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, ".go") {
		for _, name := range s.imports {
			for _, room := range rooms {
				if !matches(name, room.library) || (s.test && room.tests) {
					continue
				}
				if !slices.ContainsFunc(room.folders, func(folder string) bool { return within(s.pkg, folder) }) {
					t.Errorf("%s must not import %s: %s", s.path, name, room.why)
				}
			}
		}
	}
}

// domainLibraries are the few that a domain may import beside the standard
// library: what it says about the shop must not depend on technology.
var domainLibraries = map[string][]string{
	"internal/identity":   {},
	"internal/calendar":   {},
	"internal/text":       {"golang.org/x/text/"},
	"internal/attachment": {},
	"chat":                {"golang.org/x/text/", "github.com/google/uuid", "golang.org/x/sync/"},
	"chat/routing":        {},
	"kb":                  {"golang.org/x/text/", "golang.org/x/sync/"},
	"tickets":             {"golang.org/x/text/", "github.com/google/uuid"},
	"models":              {},
	"bot":                 {"golang.org/x/text/", "golang.org/x/sync/", "github.com/allegro/bigcache/", "github.com/hashicorp/golang-lru/"},
	"web/frame":           {"google.golang.org/protobuf/"},
}

func TestDomainsImportNoTechnology(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, ".go") {
		libraries, ok := domainLibraries[areaOf(s.pkg)]
		if !ok || s.test {
			continue
		}
		for _, name := range s.imports {
			if !thirdParty(name) && !slices.Contains([]string{"net/http", "database/sql", "os/exec", "syscall"}, name) {
				continue
			}
			if !slices.ContainsFunc(libraries, func(library string) bool { return matches(name, library) }) {
				t.Errorf("%s must not import %s: %s is a domain", s.path, name, areaOf(s.pkg))
			}
		}
	}
}

// matches reports whether an import path is the library or lies below it. One
// that ends in a slash names everything below.
func matches(name, library string) bool {
	return name == library || strings.HasPrefix(name, strings.TrimSuffix(library, "/")+"/")
}

// within reports whether pkg is the folder or lies below it.
func within(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

// thirdParty reports whether an import is neither ours nor the standard library's.
func thirdParty(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return strings.Contains(first, ".")
}
