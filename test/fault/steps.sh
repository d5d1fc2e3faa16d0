#!/usr/bin/env bash
# steps.sh [-l] [-v EVENTS] [-w N]: for each event from which something follows, whoever acts for it is killed (kill -9) at
# one of its steps (step.c: a file put in place or taken away, a program started), and the daemon with him; the next daemon
# finds what is left, locks of a killed git too. Two steps of each event, by SEED; STEPS=N takes so many, STEPS=all every
# one. What must hold: each occasion reached its agent, or people, exactly once, in the words that are its own; or,
# caught between "about to" on disk and the deed, it is reported, and was not done twice. -l names the events.
# parts: -l
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=test/fault/fault.bash
. "$here/fault.bash"
all="ci-failed changes-requested bugbot-comments merge-conflicts approved-and-green agent-stuck agent-needs-input
	rate-limited agent-exited all-complete"
events=$all wanted=${STEPS:-2} seed=${SEED:-$RANDOM}
while getopts lv:w: o; do
	case $o in
	l) echo "$all"; exit ;;
	v) events=$OPTARG ;;
	w) ;; # one at a time; as test/run calls all of these
	*) exit 2 ;;
	esac
done
shim=$AO_BUILD/test/fault/step.so later=$AO_BUILD/test/fault/clock.so
for file in "$shim" "$later"; do
	[ -e "$file" ] || { echo "there is no $file; make programs"; exit 2; }
done
top=$(mktemp -d /tmp/aosteps.XXXXXX)
trap '[ -z "${BOX:-}" ] || ao stop >/dev/null 2>&1; settle_down; rm -rf "${top:?}"' EXIT
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

prepare() { # EVENT
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
		notifiers: {log: {plugin: command, command: [sh, -c, "echo \$AO_NOTIFY_EVENT \$AO_NOTIFY_ID \$AO_NOTIFY_TITLE >>\$HOME/notices"]}}
		notificationRouting: {urgent: [log], action: [log], warning: [log], info: [log]}
	Y
	sed -i "s/queue: true}/&, limit: {spent: 'spent', until: 'resets '}/; s/queue: true/&, box: '^>( |\$)', chip: '\\\\[Pasted text'/; s/, ports: 2//
		s|  app: {\(.*\)}|  app:\n    path: $REPO\n    sessionPrefix: fe\n    defaultBranch: main|" "$HOME/.agent-orchestrator.yaml"
	touch "$HOME/notices" "$BOX/serve.log"
	unset LD_PRELOAD
	case $1 in agent-stuck | rate-limited) # they wait for a time
		export FAULT_CLOCK=$BOX/clock LD_PRELOAD=$later ;;
	esac
	ao -q spawn app "words" && until_true 30 is idle && commit new green && ao -q pr create fe-1 && ao -q poll && ao -q poll
}
commit() { # FILE TEXT
	echo "$2" >"$TREES/fe-1/$1"
	git -C "$TREES/fe-1" add -A
	git -C "$TREES/fe-1" commit -q -m "$1: $2"
}
activity() { ao session ls -a --json | jq -r '.[] | select(.name == "fe-1") | .activity'; }
is() { case $1:$(activity) in idle:idle | idle:ready) ;; *) [ "$(activity)" = "$1" ] ;; esac; }
remark() { ao -q pr review fe-1 --comment -m "please <$1>"; }
hook() { AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1 ao hook "$1"; }

pass() { # MINUTES, for all here
	minutes=$((minutes + $1))
	echo "$((minutes * 60000)) 1 0" >"$BOX/clock.new"
	mv "$BOX/clock.new" "$BOX/clock"
}

# ---- each event: it happens for the Nth time; is over; and what is said of it -------------------------------

arm() { # EVENT N
	case $1 in
	ci-failed) commit new "RED <$2>" ;;
	changes-requested) remark "$2" ;;
	bugbot-comments) AO_ACTOR='bug[bot]' remark "$2" ;;
	merge-conflicts)
		commit "f$2" ours
		echo theirs >"$REPO/f$2"
		git -C "$REPO" add -A
		git -C "$REPO" commit -q -m theirs ;;
	approved-and-green) ao -q pr checks fe-1 && ao -q pr review fe-1 --approve ;;
	agent-stuck) ao -q send fe-1 "hang: $BOX/go.$2" && pass 20 ;;
	agent-needs-input) ao -q send fe-1 "menu: $2" ;;
	rate-limited)
		printf '{"hook_event_name":"StopFailure","error":"rate_limit","last_assistant_message":"spent, resets %s"}' \
			$(($(date +%s) + 600)) | hook error && ao -q poll && pass 20 ;;
	agent-exited | all-complete) tmux kill-session -t =fe-1 && until_true 30 is exited ;;
	esac >"$BOX/out" 2>&1 || bad "$1: it does not happen (exit $?): $(tail -1 "$BOX/out")"
}
heal() { # EVENT N
	case $1 in
	ci-failed | approved-and-green) commit new "green $2" ;;
	changes-requested | bugbot-comments) ao -q pr review fe-1 --resolve "$2" ;;
	merge-conflicts) git -C "$TREES/fe-1" merge -q -X ours -m "merge $2" main ;;
	agent-stuck) touch "$BOX/go.$2" ;;
	agent-needs-input) ao -q send fe-1 --answer 2 ;;
	rate-limited) # one whose message was lost goes on by himself
		until_true 5 is idle || { hook prompt <<<"go on" && hook stop </dev/null; } ;;
	agent-exited | all-complete) ao -q session restore fe-1 && until_true 30 is idle ;;
	esac >"$BOX/out" 2>&1 || bad "$1: it does not end: $(tail -1 "$BOX/out")"
}
# How often it was said: its first line in what the agent took, or the notice that people got.
said() { # EVENT
	local words='' title=''
	case $1 in
	ci-failed) words='Checks of your pull request failed' ;;
	changes-requested) words='Your pull request was reviewed' ;;
	bugbot-comments) words='A bot commented on your pull request' ;;
	merge-conflicts) words='Your branch is in conflict with its base' ;;
	rate-limited) words='Your usage limit has been reset' ;;
	approved-and-green) title='fe-1: approved and green' ;;
	agent-stuck) title='fe-1: stuck' ;;
	agent-needs-input) title='fe-1: asks a question' ;;
	agent-exited) title='fe-1: its agent ended' ;;
	all-complete) title='app: all sessions are complete' ;;
	esac
	if [ -n "$words" ]; then
		grep -c "^\[ao\] $words" "$STANDIN_LOG/fe-1.log" || true
	else
		grep -c "^$1 .*/notify/[^ ]* $title" "$HOME/notices" || true
	fi
}
# The same of the Nth alone, where its message has something of it: to the end of a line, or followed by what is no digit.
said_of() { # EVENT N
	local mark
	case $1 in
	ci-failed | changes-requested | bugbot-comments) mark="<$2>" ;;
	merge-conflicts) mark="in conflict: f$2" ;;
	*) return 1 ;;
	esac
	grep -cE -- "$mark($|[^0-9])" "$STANDIN_LOG/fe-1.log" || true
}
reported() { # EVENT: how many are not known to have arrived
	local n
	n=$(cat "$HOME/.agent-orchestrator/daemon.log"* "$BOX/serve.log" 2>/dev/null | grep -c "$1: a poll died while it told")
	echo $((n + $(sed -n '1s/^state=//p' -s "$DATA"/fe-1/outbox/[0-9]* 2>/dev/null | grep -cx unconfirmed)))
}
has_come() { [ $(($(said "$1") + $(reported "$1"))) -gt "$before" ]; } # EVENT
goes_on() { # EVENT: an episode of it stands on disk
	grep -qs "^$1\.began" "$DATA/fe-1/reactions" "$DATA/.projects/app/reactions"
}
is_over() { ! goes_on "$1"; }
polls() { ao start --status --json | jq -e 'if any(.namespaces[]; .polling) then error else .polls end'; }
calm() { # nobody acts, nor a moment later
	local n
	n=$(polls) && sleep 0.3 && [ "$(polls)" = "$n" ]
}

# ---- a step --------------------------------------------------------------------------------------------------

steps_are() { # FATAL
	# shellcheck disable=SC2059 # bytes
	printf "\\0\\0\\0\\0\\x$(printf %x $(($1 % 256)))\\x$(printf %x $(($1 / 256)))\\0\\0" >"$BOX/steps"
	rm -f "$BOX/steps.hit"
}
counted() { od -An -i -N4 "$BOX/steps" | tr -d ' '; }
struck() { [ -s "$BOX/steps.hit" ]; }
struck_or_done() { struck || { has_come "$1" && calm; }; }
descendants() { # PID…
	local pid
	for pid; do
		echo "$pid"
		# shellcheck disable=SC2046 # numbers
		descendants $(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
	done
}
# The daemon at work until somebody is killed at that step (0: nobody), or all is done.
strike() { # EVENT STEP
	local pid
	steps_are "$2"
	FAULT_STEP="$BOX/steps" LD_PRELOAD="$shim${LD_PRELOAD:+:$LD_PRELOAD}" \
		"$AO_BUILD/ao-serve" "$HOME/.agent-orchestrator" >>"$BOX/serve.log" 2>&1 </dev/null &
	pid=$!
	until_true 30 struck_or_done "$1" || bad "$1, step $2: nothing comes of it"
	# shellcheck disable=SC2046 # numbers
	kill -9 $(descendants $pid) 2>/dev/null
	wait $pid
} 2>/dev/null
occasion() { # EVENT N STEP
	local told where
	arm "$1" "$2"
	told=$(said "$1") before=$(($(said "$1") + $(reported "$1")))
	strike "$1" "$3"
	where="$1, step $3 ($(cat "$BOX/steps.hit" 2>/dev/null))"
	ao -q start >"$BOX/out" 2>&1 || bad "$where: start: $(tail -1 "$BOX/out")"
	until_true 30 has_come "$1" || bad "$where: it did not come: $(tail -3 "$HOME/.agent-orchestrator/daemon.log")"
	[ "$1" = rate-limited ] || until_true 10 goes_on "$1" || bad "$where: nothing of it stands on disk"
	heal "$1" "$2"
	until_true 30 is_over "$1" || bad "$where: it is over, and goes on on disk: $(tail -3 "$HOME/.agent-orchestrator/daemon.log")"
	ao -q stop >"$BOX/out" 2>&1 || bad "$where: stop: $(tail -1 "$BOX/out")"
	told=$(($(said "$1") - told))
	case $told in
	0 | 1) passed=$((passed + 1)) ;; # none: then it was reported, or it had not come
	*) bad "$where: was said $told times" ;;
	esac
	! struck || kills=$((kills + 1))
}
judge() { # EVENT TIMES
	local n k all said reported
	# who is late with it says it now
	for n in $(seq 10); do [ -z "$(ao poll 2>&1 | tee -a "$BOX/serve.log")" ] && break; done
	said=$(said "$1") reported=$(reported "$1")
	[ "$said" -le "$2" ] || bad "$1: of $2 occasions $said were said"
	[ $((said + reported)) -ge "$2" ] || bad "$1: of $2 occasions $said were said, and $reported reported"
	for n in $(seq "$2"); do
		k=$(said_of "$1" "$n") || break
		[ "$k" -le 1 ] || bad "$1 $n: came $k times"
	done
	all=$(sort "$HOME/notices" | uniq -d | head -3 | paste -sd' ')
	[ -z "$all" ] || bad "told twice: $all"
	ao events verify >"$BOX/verify" 2>&1 || bad "events: $(tail -1 "$BOX/verify")"
	passed=$((passed + 1))
	echo "$1: $total steps, killed at $kills, $2 occasions of which $said were said and $reported reported"
}
chosen() { # TOTAL: so many of them as are wanted
	if [ "$wanted" = all ]; then seq "$1"; else shuf -n "$wanted" --random-source=<(yes "$seed") -i "1-$1"; fi
}
sweep() { # EVENT
	local n=1 step kills=0 minutes=0 before total
	prepare "$1" >"$top/prepare" 2>&1 || { bad "$1: prepare: $(tail -2 "$top/prepare")"; return; }
	occasion "$1" 1 0
	total=$(counted)
	[ "$total" -gt 5 ] || bad "$1: it is done in $total steps, which cannot be"
	for step in $(chosen "$total"); do
		n=$((n + 1))
		occasion "$1" $n "$step"
	done
	judge "$1" $n
	settle_down || bad "processes are left"
}

for event in $events; do
	case " ${all//$'\n\t'/ } " in *" $event "*) ;; *) echo "no event '$event'"; exit 2 ;; esac
	sweep "$event"
	rm -rf "${top:?}"
	mkdir -p "$top"
done
echo "steps: seed $seed, $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
