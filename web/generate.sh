#!/bin/sh
# Writes web/frame/protocol.pb.go from web/protocol.proto. Run it after editing
# the .proto and commit the result; `web/generate.sh --check` changes nothing
# and fails when the committed file differs. Versions are pinned here and the
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
mkdir "$work/src"
cp "$root/web/protocol.proto" "$work/src/"
cat >"$work/buf.gen.yaml" <<YAML
version: v2
plugins:
  - local: $tools/protoc-gen-go
    out: $work/out
    opt: paths=source_relative
YAML
(cd "$work/src" && "$buf" generate --template "$work/buf.gen.yaml")

target=$root/web/frame/protocol.pb.go
if [ "${1:-}" = --check ]; then
	cmp -s "$work/out/protocol.pb.go" "$target" || {
		echo "web/frame/protocol.pb.go is not what web/protocol.proto makes: run web/generate.sh" >&2
		exit 1
	}
	exit 0
fi
cp "$work/out/protocol.pb.go" "$target"
