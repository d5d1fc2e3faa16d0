#!/usr/bin/env bash
# run.sh BUILD [AGENT…]: the real agents, installed from npm as test/agents/npm pins them, each in a
# home of its own, told what to do by the scripted model. Nothing of the caller's environment goes
# along, and where we are root there is no network but loopback.
set -euo pipefail
cd "$(dirname "$0")/../../.." || exit 2
build=$(cd "$1" && pwd)
shift
here=test/agents/real
[ $# -gt 0 ] || set -- claude-code

test/agents/real/install.sh "$build" "$@" || exit
alone=()
if [ "$(id -u)" = 0 ]; then
	# shellcheck disable=SC2016 # the words are for the inner shell
	alone=(unshare -n sh -c 'ip link set lo up && exec "$@"' sh)
fi
failed=0
for agent; do
	env -i PATH="$PATH" HOME=/nonexistent TERM=xterm-256color LC_ALL=C.UTF-8 AO_BUILD="$build" \
		REAL_AGENT="$agent" ${KEEP_BOX:+KEEP_BOX="$KEEP_BOX"} "${alone[@]}" \
		timeout -k 10 1200 bats ${FILTER:+-f "$FILTER"} "$here/agent.bats" || failed=1
done
exit "$failed"
