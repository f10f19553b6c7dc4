#!/usr/bin/env bash
# Everything that must hold, as `make test` and CI run it. Every step runs, also
# after one that failed; the last line is "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

title() { printf '\n== %s\n' "$1"; }

# count PASSED FAILED STATUS: a step that failed without a failing test counts as one.
count() {
	local good=$1 bad=$2
	[ "$3" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	passed=$((passed + good))
	failed=$((failed + bad))
}

# step NAME COMMAND...: passes or fails as a whole.
step() {
	local name=$1 began=$SECONDS
	shift
	title "$name"
	if "$@"; then
		count 1 0 0
	else
		count 0 1 1
		printf 'FAILED: %s\n' "$name"
	fi
	printf -- '-- %s: %d s\n' "$name" "$((SECONDS - began))"
}

# suite NAME PATTERN COMMAND...: counts the tests that the command's summary
# names; PATTERN selects the summary's lines ("12 passed", "1 failed").
suite() {
	local name=$1 pattern=$2 began=$SECONDS status good bad
	shift 2
	title "$name"
	NO_COLOR=1 "$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	good=$(grep -E "$pattern" "$log" | grep -oE '[0-9]+ passed' | awk '{ n += $1 } END { print n + 0 }')
	bad=$(grep -E "$pattern" "$log" | grep -oE '[0-9]+ (failed|flaky|interrupted)' | awk '{ n += $1 } END { print n + 0 }')
	[ "$status" -eq 0 ] && [ "$good" -eq 0 ] && status=1 && echo "FAILED: $name ran no test"
	count "$good" "$bad" "$status"
	printf -- '-- %s: %d passed, %d failed, %d s\n' "$name" "$good" "$bad" "$((SECONDS - began))"
}

go_tests() { go test -json -race -count=1 -timeout 15m ./... 2>&1 | node deploy/setup/gotest.mjs; }

title versions
go version
printf 'node %s, npm %s\n' "$(node --version 2>/dev/null)" "$(npm --version 2>/dev/null)"
grep -hE '^PRETTY_NAME=' /etc/os-release 2>/dev/null || uname -a

# Without these nothing else can run.
title setup
deploy/setup/setup.sh test || { echo "0 passed, 1 failed"; exit 1; }
title build
make build || { echo "0 passed, 1 failed"; exit 1; }
count 1 0 0

for check in lint arch setup generated ui commits; do
	step "check: $check" make "check-$check"
done
suite "Go, with the race detector" '^go: ' go_tests
step "Go: inference with the address sanitizer, its memory without the race detector" make test-asan
step "faults: three nodes, broken by a plan under load" bin/deskload faults --nodes 3 --duration 25s --seed 34 --rate 100 --visitors 30
suite vitest '^ *Tests ' npm --prefix web/ui run --silent test
suite Playwright '^ *[0-9]+ (passed|failed|flaky|interrupted)' npm --prefix web/ui run --silent e2e

printf '\n%d s on %d cores\n' "$SECONDS" "$(getconf _NPROCESSORS_ONLN)"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
