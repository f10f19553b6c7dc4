# shellcheck shell=bash
# What the set-up scripts share. It is sourced, and does nothing by itself.

# The oldest versions that Frontdesk works with.
# shellcheck disable=SC2034  # read by the scripts
readonly min_postgres=15 min_pgvector=0.8 min_node=20

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# at_least A B: version A is B or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# installed PACKAGE: dpkg has it, fully configured.
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

# os_release KEY: a field of /etc/os-release, empty when there is none.
os_release() { sed -nE "s/^$1=\"?([^\"]*)\"?\$/\1/p" /etc/os-release 2>/dev/null || true; }

# postgres_bins: the folders that hold a PostgreSQL server, newest first.
postgres_bins() {
	local dir
	{
		for dir in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
			[ -x "$dir/postgres" ] && printf '%s\n' "$dir"
		done
		dir=$(pg_config --bindir 2>/dev/null || true)
		[ -x "$dir/postgres" ] && printf '%s\n' "$dir"
		true
	} | while read -r dir; do
		printf '%s %s\n' "$(postgres_major "$dir")" "$dir"
	done | sort -rnu | awk -v min="$min_postgres" '$1 >= min { print $2 }'
}

# postgres_major BIN: the major version of the server in that folder.
postgres_major() { "$1/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/'; }

# pgvector_version BIN: what CREATE EXTENSION vector would install there, empty when nothing.
pgvector_version() {
	local control
	control=$("$1/pg_config" --sharedir 2>/dev/null || true)/extension/vector.control
	[ ! -r "$control" ] || sed -nE "s/^default_version *= *'([^']+)'.*/\1/p" "$control"
}

# has_pgvector BIN: a pgvector that is new enough is installed there.
has_pgvector() {
	local version
	version=$(pgvector_version "$1")
	[ -n "$version" ] && at_least "$version" "$min_pgvector"
}

# candidate PACKAGE: the version that apt would install, empty when it knows none.
candidate() {
	apt-cache policy "$1" 2>/dev/null | sed -nE 's/^ *Candidate: *(.*)$/\1/p' | grep -vx '(none)' || true
}

# has_package_lists: apt knows packages. A fresh container image does not.
has_package_lists() { compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; }

# apt_install PACKAGE...: as root, without a question, and without the cluster
# that Debian makes and starts beside a new server: ours is private, and nobody
# asked for a second one. A cluster that exists is left alone.
apt_install() {
	local drop_in=/etc/postgresql-common/createcluster.d/frontdesk-setup.conf log status=0
	log=$(mktemp)
	mkdir -p "$(dirname "$drop_in")"
	printf "# Only while Frontdesk's set-up installs packages.\ncreate_main_cluster = false\n" >"$drop_in"
	say "installing $*"
	{
		apt-get -qq -o DPkg::Lock::Timeout=300 update &&
			DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
				-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@"
	} >"$log" 2>&1 || status=$?
	[ "$status" -eq 0 ] || tail -n 20 "$log" >&2
	rm -f "$drop_in" "$log"
	[ "$status" -eq 0 ] || die "apt could not install: $*"
}
