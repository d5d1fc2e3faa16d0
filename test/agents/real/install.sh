#!/usr/bin/env bash
# install.sh BUILD [AGENT…]: the agents of test/agents/npm, as pinned there, into BUILD/agents; of those that CI
# runs, the dependencies, alone where no other is asked for. Fails with a line that says why.
# Not npm ci: it refuses a lock file without the packages of other systems, which not every registry has.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 2
to=$1/agents which=four omit=(--omit=dev) seconds=${INSTALL_SECONDS:-1200}
shift
for agent; do
	case $agent in
	claude-code | codex | gemini | opencode) ;;
	*) which=all omit=() ;;
	esac
done

fail() {
	echo "$*"
	exit 1
}
installed() { # the same packages, or more
	cmp -s test/agents/npm/package-lock.json "$to/installed-all" && return
	[ "$which" = four ] && cmp -s test/agents/npm/package-lock.json "$to/installed-four"
}
mkdir -p "$to" || exit
installed && exit
rm -f "$to"/installed*
command -v npm >/dev/null || fail "npm is not here"
cp test/agents/npm/package.json test/agents/npm/package-lock.json "$to" || exit
timeout -k 5 "$seconds" npm install --prefix "$to" --no-save "${omit[@]}" --no-audit --no-fund \
	--fetch-retries=1 --fetch-retry-mintimeout=1000 >"$to/npm.log" 2>&1 </dev/null
rc=$?
[ $rc != 124 ] || fail "npm install took longer than $seconds s"
[ $rc = 0 ] || fail "npm install failed: $(grep -m 1 'npm error' "$to/npm.log" || tail -1 "$to/npm.log")"
cp test/agents/npm/package-lock.json "$to/installed-$which"
