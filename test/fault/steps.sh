#!/usr/bin/env bash
# steps.sh [-l] [-v EVENTS] [-w N]: for each event that comes again and again (not agent-stuck, nor all-complete), whoever acts for it is killed (kill -9) at each
# file that he replaces, in turn, and the daemon with him; the next daemon finds what is left. Takes one of STEP_SHARE
# (5; 1: all) of these steps. What must hold in the end: each occasion reached its agent, or people, exactly once; or,
# caught between "about to" on disk and the deed, it is reported, and was not done twice. -l names the events.
# parts: -l
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
events="ci-failed changes-requested bugbot-comments merge-conflicts approved-and-green agent-needs-input agent-exited"
share=${STEP_SHARE:-5}
while getopts lv:w: o; do
	case $o in
	l) echo "$events"; exit ;;
	v) events=$OPTARG ;;
	w) ;; # one at a time; as test/run calls all of these
	*) exit 2 ;;
	esac
done
if ! why=$(strace -qq -o /dev/null -e inject=getppid:error=EIO true 2>&1); then
	echo "skipped: strace cannot trace here, no step was tried: $why"
	echo "0 passed, 0 failed"
	exit 0
fi
top=$(mktemp -d /tmp/aosteps.XXXXXX)
trap 'ao stop >/dev/null 2>&1; settle_down; rm -rf "${top:?}" "${top:?}.out"' EXIT
passed=0 failed=0
bad() {
	echo "BAD $*"
	failed=$((failed + 1))
}
until_true() { # SECONDS COMMAND…
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

prepare() {
	place "$top"
	mkdir -p "$HOME"
	plant_home 'standin, --start-ms, "0", --turn-ms, "0"'
	cat >>"$HOME/.agent-orchestrator.yaml" <<-Y
		    checks: {test: "cat new; ! grep -q RED new"}
		reactions:
		  ci-failed: {retries: 99, escalateAfter: 99}
		  changes-requested: {escalateAfter: 9d}
		  bugbot-comments: {escalateAfter: 9d}
		  merge-conflicts: {escalateAfter: 9d}
		  agent-stuck: {threshold: 9d}
		notifiers: {log: {plugin: command, command: [sh, -c, "echo \$AO_NOTIFY_EVENT \$AO_NOTIFY_ID >>\$HOME/notices"]}}
		notificationRouting: {urgent: [log], action: [log], warning: [log], info: [log]}
	Y
	sed -i "s/queue: true/&, box: '^>( |\$)', chip: '\\\\[Pasted text'/; s/, ports: 2//
		s|  app: {\(.*\)}|  app:\n    path: $REPO\n    sessionPrefix: fe\n    defaultBranch: main|" "$HOME/.agent-orchestrator.yaml"
	touch "$HOME/notices" "$BOX/serve.log"
	ao -q spawn app "words" && until_true 20 is idle && commit new green && ao -q pr create fe-1 && ao -q poll && ao -q poll
}
commit() { # FILE TEXT
	echo "$2" >"$TREES/fe-1/$1"
	git -C "$TREES/fe-1" add -A
	git -C "$TREES/fe-1" commit -q -m "$1: $2"
}
activity() { ao session ls -a --json | jq -r '.[] | select(.name == "fe-1") | .activity'; }
is() { case $1:$(activity) in idle:idle | idle:ready) ;; *) [ "$(activity)" = "$1" ] ;; esac; }
remark() { ao -q pr review fe-1 --comment -m "please <$1>"; }

# ---- each event: it happens for the Nth time; how it shows; and is over ------------------------------------

arm() { # EVENT N
	case $1 in
	ci-failed) commit new "RED <$2>" ;;
	changes-requested) remark "$2" ;;
	bugbot-comments) GIT_AUTHOR_NAME='bug[bot]' GIT_COMMITTER_NAME='bug[bot]' remark "$2" ;;
	merge-conflicts)
		commit "f$2" ours
		echo theirs >"$REPO/f$2"
		git -C "$REPO" add -A
		git -C "$REPO" commit -q -m theirs ;;
	approved-and-green) ao -q pr checks fe-1 && ao -q pr review fe-1 --approve ;;
	agent-needs-input) ao -q send fe-1 "menu: $2" ;;
	agent-exited) tmux kill-session -t =fe-1 && until_true 20 is exited ;;
	esac >"$BOX/out" 2>&1 || bad "$1: it does not happen: $(tail -1 "$BOX/out")"
}
heal() { # EVENT N
	case $1 in
	ci-failed) commit new "green $2" ;;
	changes-requested | bugbot-comments) ao -q pr review fe-1 --resolve "$2" ;;
	merge-conflicts) git -C "$TREES/fe-1" merge -q -X ours -m "merge $2" main ;;
	approved-and-green) commit new "green $2" ;;
	agent-needs-input) ao -q send fe-1 --answer 2 ;;
	agent-exited) ao -q session restore fe-1 && until_true 20 is idle ;;
	esac >"$BOX/out" 2>&1 || bad "$1: it does not end: $(tail -1 "$BOX/out")"
}
mark_of() { # EVENT N: the words of its message; empty: people are told
	case $1 in
	ci-failed | changes-requested | bugbot-comments) echo "<$2>" ;;
	merge-conflicts) echo "in conflict: f$2" ;;
	esac
}
messages() { # EVENT N: with these words, to the end of a line or followed by what is no digit
	grep -cE -- "$(mark_of "$1" "$2")($|[^0-9])" "$STANDIN_LOG/fe-1.log" || true
}
notices() { grep -c "^$1 .*/notify/" "$HOME/notices" || true; } # EVENT
reported() { # EVENT: how many are not known to have arrived
	local n
	n=$(cat "$HOME/.agent-orchestrator/daemon.log"* "$BOX/serve.log" 2>/dev/null | grep -c "$1: a poll died while it told")
	echo $((n + $(sed -n '1s/^state=//p' -s "$DATA"/fe-1/outbox/[0-9]* 2>/dev/null | grep -cx unconfirmed)))
}
has_come() { # EVENT N
	if [ -n "$(mark_of "$1" "$2")" ]; then
		[ $(($(messages "$1" "$2") + $(reported "$1") - unsure)) -ge 1 ]
	else
		[ $(($(notices "$1") + $(reported "$1"))) -ge "$2" ]
	fi
}
polls() { ao start --status --json | jq -e 'if any(.namespaces[]; .polling) then error else .polls end'; }
calm() { # nobody acts, nor half a second later
	local n
	n=$(polls) && sleep 0.5 && [ "$(polls)" = "$n" ]
}

# ---- a step --------------------------------------------------------------------------------------------------

struck() { grep -q 'killed by SIGKILL' "$BOX/trace"; }
struck_or_done() { struck || has_come "$1" "$2"; }
killed_at() { # EVENT N STEP: fails where there are no more steps
	local pid tracer
	: >"$BOX/trace"
	strace -f -qq -o "$BOX/trace" -e trace=rename -e inject=rename:signal=KILL:when="$3" \
		"$AO_BUILD/ao-serve" "$HOME/.agent-orchestrator" >>"$BOX/serve.log" 2>&1 </dev/null &
	tracer=$!
	until_true 60 struck_or_done "$1" "$2" || bad "$1, step $3: nothing comes of it"
	until_true 3 calm # who is at the last of it comes to its end
	pid=$(ao start --status --json 2>/dev/null | jq -r '.pid // empty')
	# shellcheck disable=SC2046,SC2086 # numbers
	[ -z "$pid" ] || kill -9 $pid $(cat /proc/$pid/task/$pid/children 2>/dev/null) 2>/dev/null
	wait $tracer 2>/dev/null
	# who was killed may have been git: it leaves its lock, and says to a person what to do about it
	find "$REPO/.git" -name '*.lock' -delete
	struck
}
judge() { # EVENT TIMES
	local n k all
	for n in $(seq "$2"); do
		[ -n "$(mark_of "$1" "$n")" ] || continue
		k=$(messages "$1" "$n")
		case $k in
		1) passed=$((passed + 1)) ;;
		0) if [ "$(reported "$1")" -gt 0 ]; then passed=$((passed + 1)); else bad "$1 $n: never came, and nobody was told"; fi ;;
		*) bad "$1 $n: came $k times" ;;
		esac
	done
	all=$(sort "$HOME/notices" | uniq -d | head -3 | paste -sd' ')
	[ -z "$all" ] || bad "told twice: $all"
	if [ -z "$(mark_of "$1" 1)" ]; then
		k=$(notices "$1")
		[ "$k" -le "$2" ] || bad "$1: of $2 occasions $k were told"
		[ $((k + $(reported "$1"))) -ge "$2" ] || bad "$1: of $2 occasions $k were told, and $(reported "$1") reported"
		passed=$((passed + k))
	fi
	ao events verify >"$BOX/verify" 2>&1 || bad "events: $(tail -1 "$BOX/verify")"
	passed=$((passed + 1))
}
sweep() { # EVENT
	local n=0 step more=yes
	prepare "$1" >"$BOX.out" 2>&1 || { bad "prepare: $(tail -2 "$BOX.out")"; return; }
	for ((step = 1 + RANDOM % share; step <= 60; step += share)); do
		n=$((n + 1))
		arm "$1" "$n"
		unsure=$(reported "$1")
		killed_at "$1" "$n" "$step" || more=''
		ao -q start >"$BOX/out" 2>&1 || bad "start: $(tail -1 "$BOX/out")"
		until_true 60 has_come "$1" "$n" || bad "$1, step $step: it did not come: $(tail -3 "$HOME/.agent-orchestrator/daemon.log")"
		until_true 30 calm || bad "$1, step $step: no rest"
		heal "$1" "$n"
		until_true 30 calm || bad "$1, step $step: no rest after it was over"
		ao -q stop >/dev/null 2>&1
		[ -n "$more" ] || break
	done
	judge "$1" "$n"
	echo "$1: killed at $((n - 1)) steps"
	settle_down || bad "processes are left"
}

for event in $events; do
	BOX=$top
	sweep "$event"
	rm -rf "${top:?}"
	mkdir -p "$top"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
