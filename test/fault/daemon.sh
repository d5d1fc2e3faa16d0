#!/usr/bin/env bash
# daemon.sh: the daemon is killed (kill -9) RESTARTS times (8; 200 for the whole) at random instants, half of the times with all
# that acts for it, while REACTIONS (80; 10000 for the whole) remarks of reviewers become messages. Nobody else polls: what it
# left must be found and finished by the next daemon. What must hold in the end:
#   - each remark is one message to its agent, taken exactly once (the agent gives a receipt); but for those that a kill
#     caught between "typing" on disk and the paste, which are never typed again and are reported as unconfirmed
#   - no message is taken twice, and none that nobody reported is missing
#   - each of them that is unconfirmed was told to people, or is reported as one of which that is not known
#   - `ao events verify` finds no gap, and the daemon comes to rest
# SEED=N takes the same instants again. SESSIONS (4; 25 for the whole) per worker.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
restarts=${RESTARTS:-8} reactions=${REACTIONS:-80} sessions=${SESSIONS:-4} workers=$(nproc) seed=${SEED:-$RANDOM}
tops=$(mktemp -d /tmp/aodaemon.XXXXXX)
# shellcheck disable=SC2154
trap 'for d in "$tops"/[0-9]*; do place "$d"; ao stop >/dev/null 2>&1; settle_down; done; rm -rf "${tops:?}"' EXIT
began=$SECONDS

bad() { echo "BAD $*"; }
pid() { ao start --status --json 2>/dev/null | jq -r '.pid // empty'; }

prepare() {
	local i
	mkdir -p "$HOME"
	plant_home 'standin, --start-ms, "0", --turn-ms, "0"'
	cat >>"$HOME/.agent-orchestrator.yaml" <<-Y
		reactions: {changes-requested: {escalateAfter: 9d}, agent-stuck: {threshold: 9d}}
		notifiers: {log: {plugin: command, command: [sh, -c, "echo \$AO_NOTIFY_ID >>\$HOME/notices"]}}
		notificationRouting: {urgent: [log], action: [log], warning: [log], info: [log]}
	Y
	sed -i "s/queue: true/&, box: '^>( |\$)', chip: '\\\\[Pasted text'/; s/, ports: 2//" "$HOME/.agent-orchestrator.yaml"
	touch "$HOME/notices"
	for i in $(seq "$sessions"); do
		ao -q spawn app "words" >"$BOX/spawn" 2>&1 || { cat "$BOX/spawn"; return 1; }
	done
	for i in $(seq "$sessions"); do
		git -C "$TREES/fe-$i" commit -q --allow-empty -m "work of $i"
		ao -q pr create "fe-$i" >"$BOX/create" 2>&1 || { cat "$BOX/create"; return 1; }
	done
}

# Killed at once with what it started, or alone; another one takes its place.
strike() {
	local daemon
	daemon=$(pid)
	[ -n "$daemon" ] || { bad "no daemon"; return; }
	if [ $((RANDOM % 2)) = 0 ]; then
		# shellcheck disable=SC2046 # numbers
		kill -9 "$daemon" $(cat "/proc/$daemon/task/$daemon/children" 2>/dev/null) 2>/dev/null
	else
		kill -9 "$daemon" 2>/dev/null
	fi
	kills=$((kills + 1))
	ao -q start >"$BOX/start" 2>&1 || bad "start: $(tail -1 "$BOX/start")"
}
# Of the messages: how many there are, and how many are on their way.
tally() { sed -n '1s/^state=//p' -s "$DATA"/*/outbox/[0-9]* 2>/dev/null | sort | uniq -c; }
under_way() { sed -n '1s/^state=//p' -s "$DATA"/*/outbox/[0-9]* 2>/dev/null | grep -cvE '^(accepted|answered|unconfirmed)$'; }
written() { find "$DATA" -path '*/outbox/[0-9]*' | wc -l; }
arrived() { [ "$(written)" -ge "$1" ] && [ "$(under_way)" = 0 ]; }
await() { # MESSAGES
	local end=$((SECONDS + 300))
	until arrived "$1"; do
		[ $SECONDS -lt $end ] || { bad "of $1 messages $(written) were made: $(tally | paste -sd' ')"; return 1; }
		sleep 0.1
	done
}
calm() { # it acts no more, and nothing is due within ten seconds
	local end=$((SECONDS + 120))
	until ao start --status --json | jq -e '(any(.namespaces[]; .polling) | not) and
		(.nextAt == null or (.nextAt | fromdate) > now + 10)' >/dev/null; do
		[ $SECONDS -lt $end ] || { bad "the daemon comes to no rest"; return; }
		sleep 0.2
	done
}

# A round: each session is remarked upon; blows fall while that is brought to the agents.
round() { # N KILLS
	local i _
	for i in $(seq "$sessions"); do
		ao -q pr review "fe-$i" --comment -m "please <$i.$1>" >"$BOX/review" 2>&1 || bad "review: $(tail -1 "$BOX/review")"
		[ "$i" != $((sessions / 2)) ] || for _ in $(seq "$2"); do
			sleep "0.$((RANDOM % 10))"
			strike
		done
	done
}

judge() { # ROUNDS
	local i r n all unsure=0 told
	for i in $(seq "$sessions"); do
		all=$(grep -oE '<[0-9]+\.[0-9]+>' "$STANDIN_LOG/fe-$i.log" | sort | uniq -c)
		for r in $(seq "$1"); do
			n=$(awk -v mark="<$i.$r>" '$2 == mark { print $1 }' <<<"$all")
			case ${n:-0} in
			1) echo OK ;;
			0)
				if grep -lF "<$i.$r>" "$DATA/fe-$i"/outbox/[0-9]* 2>/dev/null | xargs -r head -qn1 | grep -qx state=unconfirmed; then
					echo "OK unconfirmed"
				else
					bad "fe-$i never took <$i.$r>, and nobody was told"
				fi ;;
			*) bad "fe-$i took <$i.$r> $n times" ;;
			esac
		done
	done
	unsure=$(head -qn1 "$DATA"/*/outbox/[0-9]* | grep -cx state=unconfirmed)
	told=$(($(grep -c /notify-trouble/ "$HOME/notices") + $(grep -c "a poll died while it told" "$HOME/.agent-orchestrator/daemon.log"*) + \
		$(jq -c 'select(.type == "notify" and .held)' "$DATA/events.jsonl" | wc -l)))
	[ "$told" -ge "$unsure" ] || bad "$unsure messages are not confirmed, and $told of that were told"
	n=$(sort "$HOME/notices" | uniq -d | head -3 | paste -sd' ')
	[ -z "$n" ] || bad "told twice: $n"
	ao events verify >"$BOX/verify" 2>&1 || bad "events: $(tail -1 "$BOX/verify")"
}

work() { # WORKER
	local kills=0 r rounds=$((reactions / workers / sessions)) due first
	place "$tops/$1"
	mkdir -p "$BOX"
	RANDOM=$((seed + $1))
	prepare || { bad "prepare"; return; }
	ao -q start >"$BOX/start" 2>&1 || bad "start: $(tail -1 "$BOX/start")"
	first=$(written)
	for ((r = 1; r <= rounds; r++)); do
		due=$((restarts * r / workers / rounds - kills))
		round "$r" "$due"
		await $((first + r * sessions)) || break
	done
	calm
	judge $((r - 1))
	ao -q stop
	settle_down || bad "processes are left"
	echo "KILLS $kills"
}

for n in $(seq "$workers"); do
	work "$n" >"$tops/results.$n" 2>"$tops/errors.$n" &
done
wait
[ -z "${VERBOSE:-}" ] || cat "$tops"/errors.* "$tops"/results.*
cat "$tops"/results.* >"$tops/all"
grep '^BAD' "$tops/all" | head -40
passed=$(grep -c '^OK' "$tops/all") failed=$(grep -c '^BAD' "$tops/all")
echo "daemon: killed $(awk '/^KILLS/ { n += $2 } END { print n + 0 }' "$tops/all") times, $passed reactions, of which" \
	"$(grep -c '^OK unconfirmed' "$tops/all") caught before the paste and told; seed $seed, $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
