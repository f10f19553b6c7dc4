#!/usr/bin/env bash
# Runs Go's benchmarks of the given packages and prints each figure as a line
# "bench NAME VALUE UNIT". What is inside the clock stands at each benchmark.
#
#   bench.sh PACKAGE...        BENCHTIME=1s by default
set -euo pipefail

# -p 1: two packages at once would measure each other. No time limit: a soak takes what it takes.
go test -timeout 0 -run '^$' -bench . -benchmem -benchtime "${BENCHTIME:-1s}" -p 1 "$@" | awk '
	/^pkg: / { package = $2; sub(/^frontdesk\//, "", package) }
	/^Benchmark/ && NF >= 4 {
		name = $1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name)
		for (i = 3; i < NF; i += 2) printf "bench %s/%s %s %s\n", package, name, $i, $(i + 1)
		next
	}
	/^bench / { print; next }          # printed by the benchmark itself
	/^(FAIL|panic|---)/ { print > "/dev/stderr" }'
