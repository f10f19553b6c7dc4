#!/usr/bin/env bash
# Checks the subjects of the commits that are not published yet: "area: what
# changes", 72 characters at most. Published ones cannot be mended any more.
#
#   commits.sh [RANGE]   default: @{upstream}..HEAD, nothing where there is none
set -euo pipefail

range=${1:-}
if [ -z "$range" ]; then
	git rev-parse --verify --quiet '@{upstream}' >/dev/null 2>&1 || exit 0
	range='@{upstream}..HEAD'
fi

bad=0
while IFS= read -r subject; do
	[ -n "$subject" ] || continue
	if [ "${#subject}" -gt 72 ]; then
		printf 'commit subject has %d characters, 72 are the limit: %s\n' "${#subject}" "$subject" >&2
		bad=1
	elif ! [[ $subject =~ ^[A-Za-z0-9_./,\ {}*-]+:\ [^\ ] ]]; then
		printf 'commit subject is not "area: what changes": %s\n' "$subject" >&2
		bad=1
	fi
done < <(git log --no-merges --format=%s "$range")
exit "$bad"
