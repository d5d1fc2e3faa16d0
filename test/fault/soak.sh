#!/usr/bin/env bash
# soak.sh: the daemon under busy agents for SOAK seconds (35; 3600 for the whole) with SESSIONS of them (4; 50 for the
# whole): turns of many reports, remarks that become messages, agents that die and are restored, a configuration that
# breaks and is mended, clients that hang up. Behind a first third, when all that is kept is there, it must not
# grow: memory, descriptors, zombies, children; its log stays within its two files.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
soak=${SOAK:-35} sessions=${SESSIONS:-4}
top=$(mktemp -d /tmp/aosoak.XXXXXX)
trap 'ao stop >/dev/null 2>&1; settle_down; rm -rf "${top:?}"' EXIT
place "$top"
passed=0 failed=0
bad() {
	echo "BAD $*"
	failed=$((failed + 1))
}
pid() { ao start --status --json | jq -r '.pid // empty'; }
config=$HOME/.agent-orchestrator.yaml log=$HOME/.agent-orchestrator/daemon.log

prepare() {
	local i
	mkdir -p "$HOME"
	plant_home 'standin, --start-ms, "0", --turn-ms, "0"'
	sed -i "s/queue: true/&, box: '^>( |\$)', chip: '\\\\[Pasted text'/; s/, ports: 2//" "$config"
	cat >>"$config" <<-Y
		reactions: {changes-requested: {escalateAfter: 9d}, agent-stuck: {threshold: 9d}}
		notifiers: {log: {plugin: command, command: ["true"]}}
		notificationRouting: {urgent: [log], action: [log], warning: [log], info: [log]}
	Y
	cp "$config" "$BOX/good"
	for i in $(seq "$sessions"); do
		ao -q spawn app "words" && git -C "$TREES/fe-$i" commit -q --allow-empty -m "work of $i" && ao -q pr create "fe-$i" || return
	done
	yes "2026-01-01T00:00:00Z a line of long ago" | head -c 1040000 >"$log" || true # so that it is full within the test
}
round() { # N
	local i
	for i in $(seq "$sessions"); do
		# shellcheck disable=SC2016 # the agent's shell expands it
		ao -q send --no-wait "fe-$i" 'run: i=0; while [ $i -lt 40 ]; do "$AO_BIN" hook tool </dev/null; i=$((i + 1)); done'
	done
	i=$(($1 % sessions + 1))
	ao -q pr review "fe-$i" --comment -m "please <$1>"
	ao -q pr review "fe-$i" --resolve "$(((($1 - 1) / sessions) + 1))"
	i=$((($1 + 1) % sessions + 1))
	tmux kill-session -t "=fe-$i"
	for _ in $(seq 40); do # said a hundred times over: a log of a bad day
		echo "nonsense: [" >>"$config"
		sleep 0.02
		cp "$BOX/good" "$config.new"
		mv "$config.new" "$config"
		sleep 0.02
	done
	ao -q session restore "fe-$i"
	for _ in 1 2 3 4 5; do ao start --status >/dev/null & done
	wait
	ao events verify
} >"$BOX/round" 2>&1

descriptors() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
zombies() { ps -o stat= --ppid "$1" | awk '/Z/ { n++ } END { print n + 0 }'; }
calm() { # nothing was polled for a second
	local polls='' now end=$((SECONDS + 60))
	until [ $SECONDS -gt $end ]; do
		now=$(ao start --status --json | jq -r '"\(.polls) \(any(.namespaces[]; .polling))"')
		[ "$now" != "$polls" ] || return 0
		polls="${now% *} false"
		sleep 1
	done
	return 1
}
at_most() { # WHAT VALUE BOUND
	echo "  $1: $2 (at most $3)"
	if [ "$2" -le "$3" ]; then passed=$((passed + 1)); else bad "$1: $2, more than $3"; fi
}

prepare >"$BOX/prepare" 2>&1 || bad "prepare: $(tail -2 "$BOX/prepare")"
ao -q start || bad "start"
daemon=$(pid) n=0
began=$SECONDS
while [ $((SECONDS - began)) -lt $((soak / 3)) ] || [ $n -lt 2 ]; do round $((n += 1)); done
calm || bad "no rest"
rss=$(resident "$daemon") fds=$(descriptors "$daemon")
while [ $((SECONDS - began)) -lt "$soak" ]; do round $((n += 1)); done
calm || bad "no rest at the end"
echo "soak: $n rounds of $sessions agents in $((SECONDS - began)) s, $(ao start --status --json | jq .polls) polls"
[ "$(pid)" = "$daemon" ] || bad "it is not the same daemon: $(tail -2 "$log")"
at_most "growth of memory, KiB" $(($(resident "$daemon") - rss)) 512
at_most "memory, KiB" "$(awk '/^VmHWM/ { print $2 }' "/proc/$daemon/status")" 10240
at_most "growth of descriptors" $(($(descriptors "$daemon") - fds)) 0
at_most "zombies" "$(zombies "$daemon")" 0
at_most "its log, KiB" $(($(cat "$log"* | wc -c) / 1024)) 2100
at_most "logs" "$(find "$HOME/.agent-orchestrator" -name 'daemon.log*' | wc -l)" 2
[ "$(find "$HOME/.agent-orchestrator" -name 'daemon.log*' | wc -l)" = 2 ] || bad "the log was not turned"
ao events verify >"$BOX/verify" 2>&1 || bad "events: $(tail -1 "$BOX/verify")"
ao -q stop
settle_down || bad "processes are left"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
