#!/usr/bin/env bash
# run.sh [--if-possible] BUILD [AGENT…]: the real agents, installed from npm as test/agents/npm pins them, each in
# a home of its own, told what to do by the scripted model. Nothing of the caller's environment goes
# along, and where we are root there is no network but loopback, and no process outlives the run.
#   SENDS, DIALOGS, KILLS   how often (3); LATE_MS how late an activity may be told (1000); FILTER which tests
#   SLOW=yes                a receipt later than ao waits for one is no failure where the model heard the message once
#   RECORD=record           the corpus's situations, by record.bats, instead of the tests; PARTS of it
#   AGENT_SECONDS           for each agent (7200), INSTALL_SECONDS for npm (1200)
# --if-possible: what cannot run here, or not in time, is told as "agents: not run: …" and is no failure; a test that
# fails is run once more, and told either way. The last line but one is the sum.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 2
if_possible=
[ "${1:-}" != --if-possible ] || { if_possible=yes; shift; }
build=$(cd "$1" && pwd) || exit
shift
here=test/agents/real
[ $# -gt 0 ] || set -- claude-code codex gemini opencode
export SENDS=${SENDS:-3} DIALOGS=${DIALOGS:-3} KILLS=${KILLS:-3} LATE_MS=${LATE_MS:-1000}
passed=0 failed=0 start=$SECONDS log=$(mktemp)
trap 'rm -f "$log"' EXIT

not_run() {
	echo "agents: not run: $*"
	[ -n "$if_possible" ] || failed=$((failed + 1))
}
close() {
	echo "agents: $SENDS sends of each kind, $DIALOGS dialogs, $KILLS kills, $LATE_MS ms; $((SECONDS - start)) s"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}
if ! why=$($here/install.sh "$build" "$@"); then
	not_run "$why"
	close
fi
alone=()
if [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null && command -v ip >/dev/null; then
	# shellcheck disable=SC2016 # the words are for the inner shell
	alone=(unshare -n -p --fork --kill-child --mount-proc sh -c 'ip link set lo up && "$@"' sh)
else
	echo "agents: not in a network of their own (needs root, unshare and ip): kept to 127.0.0.1 by their settings alone"
fi
try() { # AGENT FILTER
	timeout -k 10 "${AGENT_SECONDS:-7200}" env -i PATH="$PATH" HOME=/nonexistent TERM=xterm-256color LC_ALL=C.UTF-8 AO_BUILD="$build" \
		SENDS="$SENDS" DIALOGS="$DIALOGS" KILLS="$KILLS" LATE_MS="$LATE_MS" SLOW="${SLOW:-}" PARTS="${PARTS:-}" \
		REAL_AGENT="$1" ${KEEP_BOX:+KEEP_BOX="$KEEP_BOX"} ${TMPDIR:+TMPDIR="$TMPDIR"} "${alone[@]}" \
		bats ${2:+-f "$2"} "$here/${RECORD:-agent}.bats" 2>&1 | tee "$log"
	rc=${PIPESTATUS[0]}
	passed=$((passed + $(grep '^ok ' "$log" | grep -vc '# skip')))
	bad=$(grep -c '^not ok' "$log")
}
bad_ones() { # a pattern that names them
	sed -n 's/^not ok [0-9]* //p' "$log" | sed 's/[][().*+?^$|{}\\]/\\&/g' | paste -sd'|' | sed 's/.*/^(&)$/'
}
# Gemini CLI ignores settings, and with them our hooks, below a folder that others than its owner can write
loose_folder() {
	local folder=$PWD/share/agents/hooks/gemini
	until [ -n "$(find "$folder" -maxdepth 0 -perm /022)" ]; do
		[ "$folder" != / ] || return
		folder=$(dirname "$folder")
	done
	echo "$folder"
}
node_major=$(node -p 'process.versions.node.split(".")[0]')
for agent; do
	echo "== $agent"
	if [ "$agent" = gemini ] && [ "$node_major" -lt 20 ]; then
		not_run "gemini: node is older than 20"
		continue
	fi
	if [ "$agent" = gemini ] && folder=$(loose_folder) && [ -n "$folder" ]; then
		not_run "gemini: it takes no hooks from below $folder, which others can write"
		continue
	fi
	try "$agent" "${FILTER:-}"
	if [ "$bad" != 0 ] && [ -n "$if_possible" ]; then
		again=$(bad_ones)
		echo "agents: $agent: failed once, and once more: $again"
		try "$agent" "$again"
	fi
	if [ "$bad" != 0 ]; then
		failed=$((failed + bad))
		sed -n "s/^not ok [0-9]*/FAILED agents $agent:/p" "$log"
	elif [ "$rc" = 124 ] || [ "$rc" = 137 ]; then
		not_run "$agent: all of it, not done in ${AGENT_SECONDS:-7200} s"
	elif [ "$rc" != 0 ]; then
		failed=$((failed + 1))
		echo "FAILED agents $agent: status $rc"
	fi
done
close
