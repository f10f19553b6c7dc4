package arch

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// kit is what every area may use: the standard library's company.
var kit = []string{"internal/identity", "internal/calendar", "internal/text", "internal/attachment"}

// domains know what Frontdesk does, and no technology.
var domains = []string{"chat", "chat/routing", "kb", "tickets", "models"}

// allowed lists, for each area of the tree, the other areas that its packages
// may reach, directly or through others. cmd is absent: it may reach all.
var allowed = map[string][]string{
	"internal/identity":    {},
	"internal/calendar":    {},
	"internal/text":        {},
	"internal/attachment":  {},
	"chat":                 slices.Concat(kit, []string{"chat/routing"}),
	"chat/routing":         kit,
	"kb":                   kit,
	"models":               kit,
	"tickets":              slices.Concat(kit, []string{"chat/routing"}),
	"bot":                  slices.Concat(kit, []string{"chat", "chat/routing", "kb", "tickets"}),
	"inference":            slices.Concat(kit, []string{"models"}),
	"web":                  slices.Concat(kit, domains, []string{"bot", "web/frame", "internal/safedial"}),
	"web/frame":            {},
	"web/client":           {"web/frame"},
	"internal/postgres":    slices.Concat(kit, domains, []string{"bot"}),
	"internal/natsbus":     slices.Concat(kit, domains),
	"internal/auth":        slices.Concat(kit, domains, []string{"internal/safedial"}),
	"internal/files":       slices.Concat(kit, domains, []string{"internal/safedial"}),
	"internal/integration": slices.Concat(kit, domains, []string{"internal/safedial"}),
	"internal/safedial":    {},
	"internal/arch":        {},
	"internal/fault":       {}, // of tests
}

func TestImportsFollowTheArrows(t *testing.T) {
	t.Parallel()
	imports := ownImports(sources(t, ".go"))
	seen := map[string]bool{}
	for pkg := range imports {
		area := areaOf(pkg)
		seen[area] = true
		if area == "cmd" {
			continue
		}
		may, ok := allowed[area]
		if !ok {
			t.Errorf("%s belongs to no area: add it to the table", pkg)
			continue
		}
		for _, crossing := range crossings(imports, pkg) {
			if !slices.Contains(may, areaOf(crossing.to)) {
				t.Errorf("%s must not reach %s (through %s)", pkg, crossing.to, crossing.from)
			}
		}
	}
	for area := range allowed {
		if !seen[area] {
			t.Errorf("no package in area %s: was it moved?", area)
		}
	}
}

func TestCrossingsAreFoundThroughOthers(t *testing.T) {
	t.Parallel()
	imports := map[string][]string{
		"chat":              {"internal/text", "chat/inner"},
		"chat/inner":        {"internal/identity"},
		"internal/identity": {"internal/postgres/db"},
	}
	var reached []string
	for _, crossing := range crossings(imports, "chat") {
		reached = append(reached, crossing.to)
	}
	slices.Sort(reached)
	want := []string{"internal/identity", "internal/postgres/db", "internal/text"}
	if !slices.Equal(reached, want) {
		t.Errorf("reached %v, want %v", reached, want)
	}
}

// testsMay is what the tests of a domain import beside what the domain may. All
// else is a hand-written fake, so that a domain's tests need no edge.
var testsMay = map[string][]string{
	"bot": {"inference", "models"}, // the confidence is fitted on the bundled encoder's scores
}

func TestTestsOfDomainsStayInTheirRoomToo(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, ".go") {
		area := areaOf(s.pkg)
		may, ok := allowed[area]
		if !s.test || !ok {
			continue
		}
		for _, name := range s.imports {
			dep, ours := strings.CutPrefix(name, module)
			if !ours {
				continue
			}
			to := areaOf(dep)
			edge := strings.HasPrefix(area, "internal/") || area == "web" || area == "inference" || area == "web/client"
			if to == area || edge || slices.Contains(may, to) || slices.Contains(testsMay[area], to) {
				continue
			}
			t.Errorf("%s must not import %s: use a hand-written fake", s.path, dep)
		}
	}
}

// crossing is an import that leads out of an area.
type crossing struct{ from, to string }

// crossings follows the imports of pkg and returns each package of another area
// that it reaches.
func crossings(imports map[string][]string, pkg string) []crossing {
	area := areaOf(pkg)
	var found []crossing
	reached, queue := map[string]bool{pkg: true}, []string{pkg}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, dep := range imports[at] {
			if reached[dep] {
				continue
			}
			reached[dep] = true
			queue = append(queue, dep)
			if areaOf(dep) != area {
				found = append(found, crossing{from: at, to: dep})
			}
		}
	}
	return found
}

// ownImports maps each package to this module's packages that its non-test
// files import. A package without imports is still a package.
func ownImports(files []source) map[string][]string {
	found := map[string][]string{}
	for _, s := range files {
		if _, ok := found[s.pkg]; !ok {
			found[s.pkg] = nil
		}
		if s.test {
			continue
		}
		for _, name := range s.imports {
			if dep, ok := strings.CutPrefix(name, module); ok {
				found[s.pkg] = append(found[s.pkg], dep)
			}
		}
	}
	return found
}

// areaOf returns the first element of pkg, the first two below internal, and
// the three areas that stand inside another's folder.
func areaOf(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	if len(parts) > 1 {
		switch two := path.Join(parts[:2]...); {
		case parts[0] == "internal", two == "chat/routing", two == "web/client", two == "web/frame":
			return two
		}
	}
	return parts[0]
}
