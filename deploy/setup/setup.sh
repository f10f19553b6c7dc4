#!/usr/bin/env bash
# Sees that this machine has what Frontdesk needs beside make, Go and Node.
#
#   setup.sh run    for `make build` and `make run`
#   setup.sh test   for `make test`, which also needs a browser and a CJK font
#
# As root on Debian or Ubuntu it installs what is missing, without asking.
# Otherwise it prints one line that does, and fails before anything is begun.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
. ./lib.sh

readonly purpose=${1:-run}
case $purpose in run | test) ;; *) die "usage: setup.sh [run|test]" ;; esac

# tell LINE [REASON]: what to run first. It ends the script.
tell() {
	printf '%s. Run this line, then try again:\n\n  %s\n\n' "${2:-Some packages are missing on this machine}" "$1" >&2
	exit 1
}

require_tools() {
	command -v go >/dev/null || die "Go is missing: install it from your distribution or go.dev, and put it on PATH"
	local node
	node=$(node --version 2>/dev/null || true)
	if [ -z "$node" ] || ! command -v npm >/dev/null; then
		die "Node.js $min_node or newer is missing, or its npm: install it, and put it on PATH"
	fi
	at_least "${node#v}" "$min_node" || die "Node.js ${node#v} is too old: install $min_node or newer"
}

has_browser() {
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
		[ -d /Applications/Chromium.app ] || [ -d "/Applications/Google Chrome.app" ]
}

# Without one, Chinese text in screenshots is boxes.
has_cjk_font() {
	installed fonts-noto-cjk || [ -n "$(fc-list :lang=zh-cn family 2>/dev/null | head -n 1)" ]
}

# missing_debian sets packages to what apt must install, and build to yes where
# pgvector must come from source.
missing_debian() {
	packages=() build=no
	command -v gcc >/dev/null || packages+=(gcc)
	[ -e /usr/include/stdio.h ] || packages+=(libc6-dev)
	local bin major
	bin=$(postgres_bins | head -n 1)
	if [ -z "$bin" ]; then
		packages+=(postgresql)
		major=$(candidate postgresql | sed -E 's/^([0-9]+).*/\1/')
		if ! has_package_lists; then # and not root: setup_debian has seen to it there
			[ "$(os_release ID)$(os_release VERSION_ID)" = debian12 ] ||
				tell 'sudo apt-get update' "apt has no package lists here"
			major=15
		fi
		[ -n "$major" ] || die "apt knows no package postgresql: apt-get update may say why"
		at_least "$major" "$min_postgres" ||
			die "this release packages PostgreSQL $major, and Frontdesk needs $min_postgres: use --database-url"
	else
		major=$(postgres_major "$bin")
	fi
	if [ -z "$bin" ] || ! has_pgvector "$bin"; then
		local packaged
		packaged=$(candidate "postgresql-$major-pgvector")
		if [ -n "$packaged" ] && at_least "$packaged" "$min_pgvector"; then
			packages+=("postgresql-$major-pgvector")
		else
			build=yes
			local package
			for package in dpkg-dev "postgresql-server-dev-$major"; do
				installed "$package" || packages+=("$package")
			done
		fi
	fi
	if [ "$purpose" = test ]; then
		has_browser || packages+=(chromium)
		has_cjk_font || packages+=(fonts-noto-cjk)
	fi
}

setup_debian() {
	local packages build
	if is_root && ! has_package_lists; then # else every package looks unknown
		apt-get -qq -o DPkg::Lock::Timeout=300 update
	fi
	missing_debian
	[ "${#packages[@]}" -gt 0 ] || [ "$build" = yes ] || return 0
	if is_root; then
		[ "${#packages[@]}" -eq 0 ] || apt_install "${packages[@]}"
		[ "$build" = no ] || ./pgvector.sh
		return 0
	fi
	local line=""
	[ "${#packages[@]}" -eq 0 ] || line="sudo apt-get install -y ${packages[*]}"
	[ "$build" = no ] || line="${line:+$line && }sudo make pgvector"
	has_package_lists || line="sudo apt-get update && $line"
	tell "$line"
}

setup_brew() {
	local formulas=() bin line=""
	bin=$(postgres_bins | head -n 1)
	[ -n "$bin" ] || formulas+=(postgresql@17)
	[ -n "$bin" ] && has_pgvector "$bin" || formulas+=(pgvector)
	[ "${#formulas[@]}" -eq 0 ] || line="brew install ${formulas[*]}"
	[ "$purpose" != test ] || has_browser || line="${line:+$line && }brew install --cask chromium"
	[ -n "$line" ] || return 0
	tell "$line"
}

setup_other() {
	local bin missing=()
	command -v gcc >/dev/null || command -v cc >/dev/null || missing+=("a C compiler")
	bin=$(postgres_bins | head -n 1)
	[ -n "$bin" ] || missing+=("PostgreSQL $min_postgres or newer")
	[ -n "$bin" ] && has_pgvector "$bin" || missing+=("pgvector $min_pgvector or newer")
	[ "$purpose" != test ] || has_browser || missing+=("Chromium")
	[ "${#missing[@]}" -eq 0 ] && return 0
	local IFS=,
	die "install with this system's package manager: ${missing[*]}"
}

require_tools
if command -v apt-get >/dev/null; then
	setup_debian
elif command -v brew >/dev/null; then
	setup_brew
else
	setup_other
fi
