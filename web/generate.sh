#!/bin/sh
# Writes web/frame/protocol.pb.go from web/protocol.proto, and the bus' types from
# internal/natsbus/bus.proto. Run it after editing a .proto and commit the result;
# `web/generate.sh --check` changes nothing and fails when a committed file differs. Versions are pinned here and the
# tools land in bin/tools, so that everybody's output is the same.
set -eu

BUF=1.75.0
PROTOC_GEN_GO=v1.36.12

root=$(cd "$(dirname "$0")/.." && pwd)
tools=$root/bin/tools
mkdir -p "$tools/buf-$BUF"

if ! "$tools/protoc-gen-go" --version 2>/dev/null | grep -q "$PROTOC_GEN_GO\$"; then
	(cd "$root" && GOBIN="$tools" go install "google.golang.org/protobuf/cmd/protoc-gen-go@$PROTOC_GEN_GO")
fi
buf=$tools/buf-$BUF/node_modules/.bin/buf
if [ ! -x "$buf" ]; then
	npm install --silent --ignore-scripts --no-audit --no-fund --no-save --prefix "$tools/buf-$BUF" "@bufbuild/buf@$BUF" >/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# generate SOURCE TARGET: writes the Go types of one .proto, or with --check compares them.
generate() {
	name=$(basename "$1" .proto)
	rm -rf "$work/src" "$work/out"
	mkdir "$work/src"
	cp "$root/$1" "$work/src/"
	cat >"$work/buf.gen.yaml" <<YAML
version: v2
plugins:
  - local: $tools/protoc-gen-go
    out: $work/out
    opt: paths=source_relative
YAML
	(cd "$work/src" && "$buf" generate --template "$work/buf.gen.yaml")
	if [ "$check" = --check ]; then
		cmp -s "$work/out/$name.pb.go" "$root/$2" || {
			echo "$2 is not what $1 makes: run web/generate.sh" >&2
			exit 1
		}
		return
	fi
	cp "$work/out/$name.pb.go" "$root/$2"
}

check=${1:-}
generate web/protocol.proto web/frame/protocol.pb.go
generate internal/natsbus/bus.proto internal/natsbus/wire/bus.pb.go
