#!/usr/bin/env bash
# reactions.sh: `ao poll` is killed (kill -9) at random instants, RESTARTS times (150; 1000 for the whole), while
# reviewers comment and pushes turn red. What must hold in the end, whatever was killed:
#   - each remark and each red push is one message to the agent, taken exactly once; but for those that a kill caught
#     between "typing" on disk and the paste, which are never typed again and are reported as unconfirmed
#   - each notice reached the notifiers, a program and (where node is) a webhook, at most once, beside one that fails and one
#     that breaks off; one that did not reach the program is reported (unsure)
#   - the state on disk is whole, `ao events verify` finds no gap, and a last poll has nothing to do
# SEED=N runs the same instants again. Ends by itself after LIMIT seconds (120), with fewer.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
restarts=${RESTARTS:-150} workers=2 limit=${LIMIT:-120} seed=${SEED:-$RANDOM}
tops=$(mktemp -d /tmp/aoreact.XXXXXX)
# shellcheck disable=SC2154
trap 'for d in "$tops"/[0-9]*; do place "$d"; settle_down; hooks_end; done; rm -rf "$tops"' EXIT
began=$SECONDS

bad() { echo "BAD $*"; }

# What hears notices over HTTP; it is no survivor, so it has another home.
hooks_begin() {
	local i
	command -v node >/dev/null || return 0
	mkdir -p "$BOX/hooks"
	HOME=/ node "$here/../fake-hooks/server.mjs" "$BOX/hooks" >"$BOX/hooks/said" 2>&1 &
	echo $! >"$BOX/hooks/pid"
	for i in $(seq 600); do
		[ -e "$BOX/hooks/ready" ] && return 0
		sleep 0.05
	done
	return 1
}
hooks_end() {
	[ ! -e "$BOX/hooks/pid" ] || kill "$(<"$BOX/hooks/pid")" 2>/dev/null || true
}
# Into the configuration, where it runs: a good one between two that are not.
hooks_config() {
	local at config=$HOME/.agent-orchestrator.yaml
	[ -e "$BOX/hooks/ready" ] || return 0
	at=http://127.0.0.1:$(<"$BOX/hooks/ready")
	sed -i "s|^notifiers: {log: \(.*\)}\$|notifiers:\n  log: \1\n  bad: {plugin: slack, webhookUrl: '$at/slack?fail'}\n  web: {plugin: webhook, url: '$at/signed', secret: a secret}\n  lost: {plugin: discord, webhookUrl: '$at/discord?lost'}|" "$config"
	sed -i '/^notificationRouting/s/\[log\]/[log, bad, web, lost]/g' "$config"
}

# Three sessions: two whose agent is told, and a third, in a project where people are.
prepare() {
	local i
	place "$1"
	mkdir -p "$HOME"
	plant_home 'standin, --turn-ms, "0"'
	git clone -q --bare "$REPO" "$BOX/other.git"
	git clone -q "$BOX/other.git" "$HOME/code/other"
	cat >>"$HOME/.agent-orchestrator.yaml" <<-Y
		    checks: {test: "cat new; ! grep -q RED new"}
		  other: {path: $HOME/code/other, sessionPrefix: ot, defaultBranch: main, scm: {plugin: local},
		    reactions: {changes-requested: {auto: false, priority: info}}}
		reactions: {changes-requested: {escalateAfter: 9d}}
		notifiers: {log: {plugin: command, command: [sh, -c, "echo \$AO_NOTIFY_ID >>\$HOME/notices"]}}
		notificationRouting: {urgent: [log], action: [log], warning: [log], info: [log]}
	Y
	sed -i "s/queue: true/&, box: '^>( |\$)', chip: '\\\\[Pasted text'/" "$HOME/.agent-orchestrator.yaml"
	sed -i "s|  app: {\(.*\)}|  app:\n    path: $REPO\n    sessionPrefix: fe\n    defaultBranch: main|" \
		"$HOME/.agent-orchestrator.yaml"
	hooks_begin && hooks_config || return
	for i in app app other; do ao spawn $i "words of $i" >"$BOX/spawn" 2>&1 || { cat "$BOX/spawn"; return 1; }; done
	for i in fe-1 fe-2 ot-1; do
		push $i green
		ao pr create $i >"$BOX/create" 2>&1 || { cat "$BOX/create"; return 1; }
	done
}
push() { # SESSION TEXT
	echo "$2" >"$TREES/$1/new"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "$2"
}

# One poll; killed after up to MS milliseconds. True: it came to its end.
poll_killed() { # MS
	local ms=$((RANDOM % $1)) pid
	ao poll >>"$BOX/poll.out" 2>&1 </dev/null &
	pid=$!
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	if kill -9 $pid 2>/dev/null; then
		wait $pid 2>/dev/null
		kills=$((kills + 1))
		return 1
	fi
	wait $pid
}
# Until nothing is left to do.
drain() {
	local out end=$((SECONDS + 120))
	until [ $SECONDS -gt $end ]; do
		out=$(ao poll 2>&1) || { bad "poll: $(tail -1 <<<"$out")"; return; }
		[ -z "$out" ] && ! grep -lqE '^state=(queued|typing|submitted)' "$DATA"/*/outbox/[0-9]* 2>/dev/null && return
		[ -z "$out" ] || echo "$out" >>"$BOX/poll.out"
		sleep 0.05
	done
	bad "the outbox does not come to rest: $(grep -lE '^state=(queued|typing|submitted)' "$DATA"/*/outbox/[0-9]* | paste -sd' ')"
}

count_of() { grep -cF "<$1>" "$STANDIN_LOG/$2.log" || true; } # MARK SESSION
comment() { ao pr review "$1" --comment -m "$2" >/dev/null || bad "review"; } # SESSION TEXT
# Which state has the message that holds the mark?
state_of() { # MARK SESSION
	local file
	file=$(grep -lF "<$1>" "$DATA/$2"/outbox/[0-9]* 2>/dev/null | head -1)
	[ -z "$file" ] || sed -n '1s/^state=//p' "$file"
}
judge_mark() { # MARK SESSION
	local n
	n=$(count_of "$1" "$2")
	case $n:$(state_of "$1" "$2") in
	1:accepted | 1:answered | 1:unconfirmed) echo "OK $1" ;;
	0:unconfirmed) echo "OK $1 unconfirmed" ;;
	0:*) bad "$2 never took <$1>, its message is '$(state_of "$1" "$2")'" ;;
	*) bad "$2 took <$1> $n times, its message is '$(state_of "$1" "$2")'" ;;
	esac
}

# Killed at each file that it replaces, in turn: nothing is left to luck.
at_each_rename() {
	local n
	strace -qq -o /dev/null true 2>/dev/null || return 0
	for n in $(seq 40); do
		round=$((round + 1))
		marks+=("fe-1 R$1.$round" "fe-2 C$1.$round")
		comment fe-1 "please <R$1.$round>"
		push fe-2 "RED <C$1.$round>"
		strace -qq -o "$BOX/strace" -e trace=rename -e inject="rename:signal=KILL:when=$n" ao poll \
			>>"$BOX/poll.out" 2>&1 </dev/null
		drain
		ao pr review fe-1 --resolve $round >/dev/null
		push fe-2 "green $round"
		drain
		grep -q 'killed by SIGKILL' "$BOX/strace" || return
		kills=$((kills + 1))
	done
}

# MARKS is what must have arrived, by the time of judge().
judge() {
	local mark id line
	for line in "${marks[@]}"; do
		read -r id mark <<<"$line"
		judge_mark "$mark" "$id"
	done
	# what was caught before the paste reached people, or is reported
	line=$(grep -l '^state=unconfirmed' "$DATA"/*/outbox/[0-9]* 2>/dev/null | wc -l)
	[ $(($(grep -c "/notify-trouble/" "$HOME/notices") + $(grep -c "a poll died while it told" "$BOX/poll.out"))) -ge "$line" ] ||
		bad "$line messages are not confirmed, and not all of that was told"
	[ "$(grep -c '^MSG' "$STANDIN_LOG/ot-1.log")" = 1 ] || bad "a message where people were to be told"
	line=$(sort "$HOME/notices" 2>/dev/null | uniq -d | head -3 | paste -sd' ')
	[ -z "$line" ] || bad "told twice: $line"
	line=''
	[ ! -e "$BOX/hooks/log" ] || line=$(jq -r 'select(.path == "/signed") | .headers["x-ao-delivery"]' "$BOX/hooks/log" |
		sort | uniq -d | head -3 | paste -sd' ')
	[ -z "$line" ] || bad "told twice over HTTP: $line"
	# it comes behind the program, so a kill may have been quicker with a few
	[ ! -e "$BOX/hooks/ready" ] || [ "$(grep -c . "$HOME/notices" 2>/dev/null || true)" -lt 5 ] || [ "$(jq -c 'select(.path == "/signed" and .status == 202)' "$BOX/hooks/log" | wc -l)" -gt 0 ] ||
		bad "the webhook heard nothing"
	# each remark there is a notice that went out, one that was too many in its minute, or one that is reported
	line=$(($(grep -c "changes-requested/notify/" "$HOME/notices") +
		$(jq -c 'select(.type == "notify" and .held and (.id | contains("changes-requested/notify/")))' "$DATA/events.jsonl" | wc -l) +
		$(grep -c "ot-1  changes-requested: a poll died" "$BOX/poll.out")))
	[ "$line" -ge "$notices" ] || bad "of $notices notices $line were told or reported"
	ao events verify >"$BOX/verify" 2>&1 || bad "events: $(tail -1 "$BOX/verify")"
	line=$(ao poll 2>&1)
	[ -z "$line" ] || bad "a last poll: $line"
}

work() { # N KILLS
	local kills=0 round=0 marks=() notices=0
	place "$tops/$1"
	mkdir -p "$BOX"
	prepare "$BOX" || { bad "prepare"; return; }
	RANDOM=$((seed + $1))
	drain
	[ "$1" != 1 ] || at_each_rename "$1"
	while [ $kills -lt "$2" ] && [ $((SECONDS - began)) -lt "$limit" ]; do
		round=$((round + 1))
		marks+=("fe-1 R$1.$round" "fe-2 C$1.$round")
		comment fe-1 "please <R$1.$round>"
		push fe-2 "RED <C$1.$round>"
		comment ot-1 "people <$round>"
		notices=$((notices + 1))
		until poll_killed 500; do
			[ $((SECONDS - began)) -lt "$limit" ] || break
		done
		drain
		ao pr review fe-1 --resolve $round >/dev/null
		ao pr review ot-1 --resolve $notices >/dev/null
		push fe-2 "green $round"
		drain
	done
	judge
	settle_down || bad "processes are left"
	echo "KILLS $kills"
}

for n in $(seq "$workers"); do
	work "$n" $((restarts / workers)) >"$tops/results.$n" 2>"$tops/errors.$n" &
done
wait
[ -z "${VERBOSE:-}" ] || cat "$tops"/errors.* "$tops"/results.*
cat "$tops"/results.* >"$tops/all"
grep '^BAD' "$tops/all" | head -40
passed=$(grep -c '^OK' "$tops/all") failed=$(grep -c '^BAD' "$tops/all")
echo "reactions: $(awk '/^KILLS/ { n += $2 } END { print n + 0 }' "$tops/all") polls killed, $passed messages, of which" \
	"$(grep -c '^OK.*unconfirmed' "$tops/all") caught before the paste; seed $seed, $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
