#!/usr/bin/env bash
# install.sh: what the fakes need of npm, as package-lock.json pins it, in build/fakes; from there
# node finds it for the sources in test/, which build/fakes/test leads to. Where that cannot be,
# build/fakes/skipped says why, and the tests that need it say so in turn.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
to=build/fakes lock=test/fake/package-lock.json

skip() {
	echo "$*" >"$to/skipped"
	echo "fakes: $*"
	exit 0
}
mkdir -p "$to"
ln -sfnT ../../test "$to/test"
cmp -s "$lock" "$to/installed" && exit 0
rm -f "$to/installed" "$to/skipped"
command -v node >/dev/null || skip "node is not here"
command -v npm >/dev/null || skip "npm is not here"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || skip "node is older than 18"
cp test/fake/package.json "$lock" "$to"
timeout 300 npm ci --prefix "$to" --ignore-scripts --no-audit --no-fund \
	--fetch-retries=1 --fetch-retry-mintimeout=1000 >"$to/npm.log" 2>&1 ||
	skip "npm ci failed: $(grep -m 1 'npm error' "$to/npm.log" || tail -1 "$to/npm.log")"
cp "$lock" "$to/installed"
