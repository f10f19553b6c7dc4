#!/usr/bin/env bash
# Installs pgvector for the newest PostgreSQL server on this machine (root).
# A new enough one is left as it is, a packaged one is preferred. Debian 12
# packages none, so Debian's own source package of the next release is built:
# it is fetched with an apt configuration of its own in a temporary folder,
# whose source list is this machine's with the suite changed. The machine's
# package sources stay as they are, and the signature is checked as ever.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
. ./lib.sh
# shellcheck source-path=SCRIPTDIR
. ./sources.sh

readonly source_suite=trixie

# Our Makefile switches make's built-in rules off, and pgvector's needs them.
unset MAKEFLAGS MFLAGS

# fetch_source DIR: Debian's source package of pgvector, into DIR.
fetch_source() {
	local dir=$1 entry
	mkdir -p "$dir/entries" "$dir/source"
	debian_sources /etc/apt "$(os_release VERSION_CODENAME)" "$source_suite" "$dir/entries"
	for entry in "$dir"/entries/*; do
		[ -e "$entry" ] || break
		rm -rf "$dir/apt"
		mkdir -p "$dir/apt/parts" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
		cp "$entry" "$dir/apt/parts/"
		local apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$dir/apt/parts"
			-o "Dir::State::lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache"
			-o Acquire::Languages=none -o APT::Sandbox::User=root)
		"${apt[@]}" update || continue
		# Another archive may use Debian's suite names.
		grep -qsx 'Origin: Debian' "$dir"/apt/lists/*_InRelease || continue
		(cd "$dir/source" && "${apt[@]}" source --download-only pgvector) && return
	done
	die "no usable entry for Debian's main archive in /etc/apt: cannot get pgvector's source package"
}

build() {
	local bin=$1 dir
	dir=$(mktemp -d "${TMPDIR:-/tmp}/frontdesk-pgvector.XXXXXX")
	# shellcheck disable=SC2064  # the folder of now
	trap "rm -rf '$dir'" EXIT
	chmod 755 "$dir"
	say "building pgvector from Debian's source package ($source_suite)"
	fetch_source "$dir"
	(cd "$dir/source" && dpkg-source --no-check -x ./*.dsc pgvector >/dev/null) # apt has checked the hashes
	# OPTFLAGS is emptied as Debian does it: the result runs on any machine of the
	# architecture, and the distance functions pick their instructions at run time.
	if ! make -C "$dir/source/pgvector" -j"$(nproc)" with_llvm=no OPTFLAGS= PG_CONFIG="$bin/pg_config" \
		all install >"$dir/log" 2>&1; then
		tail -n 30 "$dir/log" >&2
		die "pgvector did not build"
	fi
}

bin=$(postgres_bins | head -n 1)
[ -n "$bin" ] || die "no PostgreSQL $min_postgres or newer here: install it first (make setup says how)"
if has_pgvector "$bin"; then
	say "pgvector $(pgvector_version "$bin") is installed for PostgreSQL $(postgres_major "$bin")"
	exit 0
fi

if [ "$(uname -s)" = Darwin ]; then
	brew install pgvector
else
	command -v apt-get >/dev/null || die "install pgvector $min_pgvector or newer for PostgreSQL $(postgres_major "$bin")"
	is_root || die "needs root: sudo make pgvector"
	major=$(postgres_major "$bin")
	packaged=$(candidate "postgresql-$major-pgvector")
	if [ -n "$packaged" ] && at_least "$packaged" "$min_pgvector"; then
		apt_install "postgresql-$major-pgvector"
	elif [ "$(os_release ID)" = debian ]; then
		missing=()
		for package in gcc libc6-dev make dpkg-dev "postgresql-server-dev-$major"; do
			installed "$package" || missing+=("$package")
		done
		[ "${#missing[@]}" -eq 0 ] || apt_install "${missing[@]}"
		build "$bin"
	else
		die "pgvector here is ${packaged:-not packaged}, and Frontdesk needs $min_pgvector: take PostgreSQL and pgvector from PostgreSQL's own apt archive, or use --database-url"
	fi
fi
has_pgvector "$bin" || die "pgvector is still missing for PostgreSQL $(postgres_major "$bin")"
say "pgvector $(pgvector_version "$bin") installed for PostgreSQL $(postgres_major "$bin")"
