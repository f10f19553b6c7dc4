# shellcheck shell=bash
# Derives package sources from the machine's own. It is sourced by pgvector.sh and
# tested by sources_test.sh.

# debian_sources ETC CODENAME SUITE INTO: the entries below ETC (/etc/apt) for the
# main archive of release CODENAME, rewritten to the sources of SUITE, as one file
# an entry in folder INTO. All else of an entry stays: its address, its key.
debian_sources() {
	local etc=$1 codename=$2 suite=$3 into=$4 file
	for file in "$etc"/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		# Paragraphs with folded lines; "Signed-By" may carry a whole key.
		awk -v codename="$codename" -v suite="$suite" -v into="$into" -v name="$(basename "$file" .sources)" '
			function flush(   path) {
				if (types && suites && main && !off) {
					path = into "/" name "-" ++entries ".sources"
					printf "Types: deb-src\nSuites: %s\nComponents: main\n%s", suite, rest > path
					close(path)
				}
				types = suites = main = off = keep = 0; rest = ""
			}
			/^[ \t]*$/ { flush(); next }
			/^#/ { next }
			/^[ \t]/ { if (keep) rest = rest $0 "\n"; next }
			{
				key = tolower($1); keep = 0
				if (key == "types:") { for (i = 2; i <= NF; i++) if ($i == "deb") types = 1 }
				else if (key == "suites:") { for (i = 2; i <= NF; i++) if ($i == codename) suites = 1 }
				else if (key == "components:") { for (i = 2; i <= NF; i++) if ($i == "main") main = 1 }
				else if (key == "enabled:") { off = ($2 == "no") }
				else if (key != "architectures:") { keep = 1; rest = rest $0 "\n" }
			}
			END { flush() }' "$file"
	done
	for file in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
		[ -r "$file" ] || continue
		awk -v codename="$codename" -v suite="$suite" -v into="$into" -v name="$(basename "$file" .list)" '
			$1 != "deb" { next }
			{
				line = $0; options = ""
				sub(/^deb[ \t]+/, "", line)
				if (match(line, /^\[[^]]*\][ \t]*/)) {
					options = substr(line, 1, RLENGTH)
					line = substr(line, RLENGTH + 1)
				}
				count = split(line, field, /[ \t]+/)
				if (field[2] != codename || field[1] ~ /^cdrom:/) next
				for (i = 3; i <= count; i++) if (field[i] == "main") {
					path = into "/" name "-" ++entries ".list"
					printf "deb-src %s%s %s main\n", options, field[1], suite > path
					close(path)
				}
			}' "$file"
	done
}
