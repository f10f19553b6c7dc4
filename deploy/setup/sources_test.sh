#!/usr/bin/env bash
# Tests sources.sh: which entries of a machine are taken, and what becomes of them.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
. ./sources.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/etc/sources.list.d" "$dir/got" "$dir/want"

cat >"$dir/etc/sources.list.d/debian.sources" <<'X'
# A comment, and a field folded over lines.
Types: deb deb-src
URIs: mirror+file:/etc/apt/mirrors.list
Suites: bookworm bookworm-updates
Components: main contrib
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: mirror+file:/etc/apt/mirrors-security.list
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: mirror+file:/off
Suites: bookworm
Components: main

Types: deb
URIs: mirror+file:/other
Suites: bookworm
Components: stable
X
cat >"$dir/want/debian-1.sources" <<'X'
Types: deb-src
Suites: trixie
Components: main
URIs: mirror+file:/etc/apt/mirrors.list
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
X

cat >"$dir/etc/sources.list" <<'X'
# deb mirror+file:/commented bookworm main
deb cdrom:[Debian]/ bookworm main
deb [signed-by=/usr/share/keyrings/a.gpg arch=amd64]  mirror+file:/list bookworm contrib main # trailing
deb-src mirror+file:/list bookworm main
deb mirror+file:/list bookworm-updates main
deb	mirror+file:/tabs	bookworm	main
X
printf 'deb-src [signed-by=/usr/share/keyrings/a.gpg arch=amd64]  mirror+file:/list trixie main\n' >"$dir/want/sources-1.list"
printf 'deb-src mirror+file:/tabs trixie main\n' >"$dir/want/sources-2.list"

debian_sources "$dir/etc" bookworm trixie "$dir/got"
diff -r "$dir/want" "$dir/got" || { echo "sources.sh: not the sources that were expected" >&2; exit 1; }
