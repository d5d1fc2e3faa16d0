#!/usr/bin/env bats
# ao poll: what happened to a session is noticed once, and what should follow does.
load box

NOTIFIERS='notifiers: {log: {plugin: command, command: [sh, -c, "echo $AO_NOTIFY_EVENT $AO_NOTIFY_ID >>$HOME/notices"]}}
notificationRouting: {urgent: [log], action: [log], warning: [log], info: [log]}'
configure() { # EXTRA…
	local lines
	lines=$(printf '%s\n' "$NOTIFIERS" "$@")
	EXTRA=$lines box_config
}
setup() {
	box_open
	configure
}
# One commit of a session.
work() { # SESSION FILE TEXT
	printf '%s\n' "$3" >"$TREES/$1/$2"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "Add $2"
}
poll() { expect 0 ao poll "$@"; }
# Nothing more is done, and nothing is written.
silent() {
	local before
	before=$(seen)
	poll
	[ -z "$output$stderr" ]
	diff <(echo "$before") <(seen)
}
told() { ao events --json | jq -r "select(.type == \"reaction\" and (.decision | startswith(\"$1\"))) | .event"; } # DECISION
n_of() { grep -c . || true; }
seen() { picture | grep -v "lock$" || true; }
settled() { wait_for 10 is_ready "$1" && wait_for 10 no_turn "$1"; }
# The turn is over and recorded; after that nothing is left to do.
rest() { # SESSION
	settled "$1"
	ao poll >/dev/null
	silent
}
no_turn() { tail -1 "$DATA/$1/signals" | grep -q ' stop '; }

@test "push, red, its log to the agent; twice; then people; green ends it" {
	FRONTEND='checks: {test: "cat new; grep -q good new", lint: "true"}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new "poor @file work"
	ao pr create fe-1 >/dev/null
	poll
	has "fe-1  spawning → ci_failed (a check failed)"
	has "fe-1  ci-failed: message 0001 is with the agent"
	took fe-1 2
	last_message fe-1 >"$BOX/message"
	[ "$(head -c 5 "$BOX/message")" = "[ao] " ]
	grep -qF "command: cat new; grep -q good new" "$BOX/message"
	grep -qF "poor @ file work" "$BOX/message" # no file of the agent's interface
	run ! grep -q lint "$BOX/message"
	[ "$(field fe-1 status)" = ci_failed ]
	rest fe-1
	strace -f -qq -e trace=execve,write,pwrite64,rename,unlink,fsync,fdatasync -o "$BOX/trace" ao poll
	[ "$(grep -c '(' "$BOX/trace")" = 1 ] # its own start
	work fe-1 new "poorer work"
	poll # runs what is due, and says what came of it, in one command
	has "message 0002 is with the agent"
	took fe-1 3
	settled fe-1
	work fe-1 new "poorest work"
	poll
	has "fe-1  ci-failed: told (urgent): so many messages did not help"
	lacks "message 0003"
	rest fe-1
	work fe-1 new "good work"
	poll
	has "ci_failed → pr_open"
	lacks "ci-failed: "
	silent
	work fe-1 new "poor again"
	poll # a new episode
	has "message 0003 is with the agent"
	[ "$(told escalate)" = ci-failed ]
	[ "$(told send | n_of)" = 3 ]
	expect 0 ao events verify
}

@test "a review: each thread once, what is new in full; people after half an hour" {
	spawn frontend 1
	settled fe-1
	work fe-1 new work
	ao pr create fe-1 >/dev/null
	ao pr review fe-1 --request-changes -m "which @work?" --at new:1 >/dev/null
	poll
	has "→ changes_requested"
	took fe-1 2
	last_message fe-1 >"$BOX/message"
	grep -qF "new:1, by user:" "$BOX/message"
	grep -qF "which @ work?" "$BOX/message"
	rest fe-1
	ao pr review fe-1 --comment -m "and this" >/dev/null
	poll
	took fe-1 3
	last_message fe-1 >"$BOX/message"
	grep -qF "and this" "$BOX/message"
	grep -qF "Still open from before: 1" "$BOX/message"
	run ! grep -qF "which" "$BOX/message"
	rest fe-1
	AO_SESSION=fe-1 ao pr review fe-1 --comment -m "my own answer" >/dev/null
	silent
	ao pr review fe-1 --resolve 2 >/dev/null
	poll
	[ -z "$output" ]
	ao pr review fe-1 --reopen 2 >/dev/null
	poll # that is said again
	took fe-1 4
	settled fe-1
	AO_TEST_NOW=$(($(date +%s%3N) + 1900000)) poll
	has "changes-requested: told (urgent): it has lasted too long"
	ao pr review fe-1 --resolve 1 >/dev/null
	ao pr review fe-1 --resolve 2 >/dev/null
	ao pr review fe-1 --approve >/dev/null
	poll
	has "→ approved"
	[ "$(told end)" = changes-requested ]
}

@test "a conflict: its files, once for each head" {
	spawn frontend 1
	settled fe-1
	work fe-1 README theirs
	ao pr create fe-1 >/dev/null
	poll
	lacks conflict
	echo ours >"$REPO/README"
	git -C "$REPO" commit -qam ours
	poll
	has "merge-conflicts: message 0001 is with the agent"
	last_message fe-1 >"$BOX/message"
	grep -qF "in conflict: README" "$BOX/message"
	rest fe-1
	echo more >>"$REPO/README"
	git -C "$REPO" commit -qam more
	poll
	lacks merge-conflicts # the base moves on; the agent knows
	git -C "$TREES/fe-1" merge -q -X ours -m merged main
	poll
	[ "$(told end)" = merge-conflicts ]
	took fe-1 2
}

@test "approved and green: people are told; with auto-merge it is merged, that head alone; then all is complete" {
	FRONTEND='checks: {test: "true"}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new work
	ao pr create fe-1 >/dev/null
	ao pr review fe-1 --approve >/dev/null
	poll
	has "approved-and-green: told (action)"
	[ "$(field fe-1 status)" = mergeable ]
	silent
	FRONTEND='checks: {test: "true"}' configure 'reactions: {approved-and-green: {auto: true, action: auto-merge}}'
	work fe-1 more work # not what was approved
	poll
	[ "$(field fe-1 status)" = review_pending ]
	ao pr review fe-1 --approve >/dev/null
	echo mine >"$REPO/more" # in the way
	poll
	has "approved-and-green: told (action)"
	has "#1 was not merged"
	silent
	rm "$REPO/more"
	work fe-1 last work
	ao pr review fe-1 --approve >/dev/null
	poll
	has "approved-and-green: #1 merged into main"
	has "all-complete: told (info)"
	[ "$(field fe-1 status)" = merged ]
	[ "$(cat "$REPO/last")" = work ]
	silent
}

@test "all is complete: told once, and once more when what was restored has ended again" {
	configure
	spawn frontend
	for _ in 1 2; do
		tmux kill-session -t =fe-1
		wait_for 8 is fe-1 activity exited
		poll
		has "all-complete: told (info)"
		silent
		ao session restore fe-1 >/dev/null
		settled fe-1
		poll
		lacks all-complete
	done
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	poll
	ao session kill fe-1 >/dev/null # the same end
	silent
	[ "$(grep -c ^all-complete "$HOME/notices")" = 3 ]
}

@test "a question, an end, a turn that hangs: people are told, once for each" {
	AGENT="standin --turn-ms 50 --menu" configure
	ao spawn frontend --prompt "ask me"
	wait_for 10 is fe-1 activity waiting_input
	poll
	has "fe-1  agent-needs-input: told (urgent)"
	has "→ needs_input"
	silent
	ao send fe-1 --answer No >/dev/null
	settled fe-1
	poll
	lacks told
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	poll
	has "fe-1  agent-exited: told (urgent)"
	has "all-complete"
	silent
	AGENT="standin --turn-ms 600000" configure
	ao session restore fe-1 >/dev/null
	wait_for 10 is fe-1 activity active # with a recap as its first turn
	poll
	lacks stuck
	AO_TEST_NOW=$(($(date +%s%3N) + 1900000)) poll
	has "fe-1  agent-stuck: told (urgent)"
	[ "$(told notify | sort | paste -sd' ')" = "agent-exited agent-needs-input agent-stuck all-complete" ]
	[ "$(cut -d' ' -f1 "$HOME/notices" | sort | paste -sd' ')" = "$(told notify | sort | paste -sd' ')" ]
	[ -z "$(sort "$HOME/notices" | uniq -d)" ]
}

@test "a busy agent: the message waits in the outbox; taken back when it is no longer so" {
	FRONTEND='checks: {test: "grep -q good new"}' configure
	ao spawn frontend --prompt "$HELD"
	wait_for 5 is fe-1 activity active
	work fe-1 new poor
	ao pr create fe-1 >/dev/null
	poll
	has "ci-failed: message 0001 waits: active"
	silent
	took fe-1 1
	work fe-1 new good
	poll
	has "ci-failed: message 0001 was taken back"
	touch "$BOX/go"
	settled fe-1
	took fe-1 1
	work fe-1 new poor
	poll
	has "message 0002 is with the agent" # the one taken back does not count
	[ "$(sed -n 's/^attempt=//p' "$DATA/fe-1/outbox/0002")" = 1 ]
	took fe-1 2
}

@test "what a dead sender left goes with the next poll; a living one is told that it went" {
	ao spawn frontend --prompt "$HELD"
	wait_for 5 is fe-1 activity active
	ao send fe-1 "orphan" &
	wait_for 5 test -e "$DATA/fe-1/outbox/0001"
	kill -9 $!
	ao send fe-1 "living" >"$BOX/living" 2>&1 &
	wait_for 5 test -e "$DATA/fe-1/outbox/0002"
	touch "$BOX/go"
	both_went() { ao poll >>"$BOX/polls" 2>&1 || echo "exit $?" >>"$BOX/bad"; took fe-1 3; }
	wait_for 20 both_went
	run ! cat "$BOX/bad"
	wait $!
	grep -q "✓ Message sent and processing" "$BOX/living"
	[ "$(grep -cE '^(orphan|living)' "$STANDIN_LOG/fe-1.log")" = 2 ]
}

@test "an outbox that somebody emptied: its new numbers count" {
	FRONTEND='checks: {test: "false"}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new poor
	for n in 1 2 3; do ao send fe-1 "message $n" >/dev/null; done
	ao pr create fe-1 >/dev/null
	settled fe-1
	poll
	has "message 0004 is with the agent"
	rm "$DATA/fe-1/outbox/"0*
	touch "$DATA/fe-1/outbox/0002" # and one that is no message
	settled fe-1
	work fe-1 new poorer
	poll
	has "message 0003 is with the agent"
	rest fe-1
	[ "$(grep -c 'failed check, begin' "$STANDIN_LOG/fe-1.log")" = 2 ]
}

@test "as cron runs it: an empty environment, no terminal" {
	FRONTEND='checks: {test: "grep -q good new"}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new poor
	ao pr create fe-1 >/dev/null
	cd /
	expect 0 env -i HOME="$HOME" PATH=/usr/bin:/bin TMUX_TMPDIR="$TMUX_TMPDIR" STANDIN_LOG="$STANDIN_LOG" \
		"$AO_BUILD/ao" poll </dev/null
	has "message 0001 is with the agent"
	took fe-1 2
	settled fe-1
	expect 0 env -i HOME="$HOME" PATH=/usr/bin:/bin TMUX_TMPDIR="$TMUX_TMPDIR" "$AO_BUILD/ao" poll </dev/null
	[ -z "$output$stderr" ]
}

@test "two polls at once, many times: once" {
	FRONTEND='checks: {test: "grep -q good new"}
reactions: {ci-failed: {retries: 100, escalateAfter: 100}}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new poor
	ao pr create fe-1 >/dev/null
	for round in 1 2 3 4 5; do
		for n in 1 2 3; do ao poll >"$BOX/poll.$n" 2>&1 & done
		wait
		poll
		took fe-1 $((round + 1))
		settled fe-1
		work fe-1 new "poor $round"
		ao pr checks fe-1 >/dev/null || true
	done
	expect 0 ao events verify
}

@test "auto: false and notify tell people only; a message of the config's own; one project alone" {
	FRONTEND='checks: {test: "false"}
reactions: {ci-failed: {auto: false}, changes-requested: {message: "Please look:"}}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new poor
	ao pr create fe-1 >/dev/null
	poll -p backend
	[ -z "$output" ]
	expect 4 ao poll -p nowhere
	poll
	has "ci-failed: told (warning): left to you (auto: false)"
	took fe-1 1
	ao pr review fe-1 --request-changes -m "because" >/dev/null
	poll --json
	[ "$(jq -r '.[] | select(.what == "accepted") | .event' <<<"$output")" = changes-requested ]
	last_message fe-1 | head -1 | grep -qxF "[ao] Please look:"
	expect 0 ao poll --json
	[ "$output" = "[]" ]
}

@test "a session that another command works on is left to the next poll" {
	printf '#!/bin/bash\ntrap "" TERM HUP\nwhile :; do sleep 0.1; done\n' >"$BOX/stubborn"
	chmod +x "$BOX/stubborn"
	AGENT=$BOX/stubborn configure
	ao spawn frontend >/dev/null
	ao session kill fe-1 &
	wait_for 5 grep -q '^doing=kill' "$DATA/fe-1/metadata"
	kill -STOP $! # else it may be done before we have looked
	poll
	[ -z "$output" ]
	kill -9 $! # and one that died is settled
	poll
	errs "fe-1: an interrupted kill was finished"
	[ "$(field fe-1 status)" = killed ]
	poll
	[ -z "$output$stderr" ]
}

@test "a queued session gets its place, and is not complete before" {
	configure 'limits: {maxSessions: 1}'
	spawn frontend 1
	expect 0 ao spawn frontend 2
	[ "$(field fe-2 status)" = queued ]
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	poll
	errs "fe-2 was queued and is started now"
	in_tmux fe-2
	lacks complete
}

@test "an agent that does not run: people are told, and it hears of it once it is back" {
	FRONTEND='checks: {test: "grep -q good new"}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new poor
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	ao pr create fe-1 >/dev/null
	poll
	has "fe-1  ci-failed: told (warning): the agent is not running"
	ao session restore fe-1 >/dev/null
	settled fe-1
	ao poll >/dev/null
	settled fe-1
	grep -q '^reaction=ci-failed' "$DATA/fe-1/outbox/"*
	[ "$(grep -c 'failed check, begin' "$STANDIN_LOG/fe-1.log")" = 1 ]
}

@test "a message that its agent did not take: people are told, urgently" {
	AGENT="standin --turn-ms 0 --swallow 99" FRONTEND='checks: {test: "false"}' configure
	spawn frontend 1
	settled fe-1
	work fe-1 new work
	ao pr create fe-1 >/dev/null
	poll
	has "ci-failed: message 0001 was typed, and nothing confirms it"
	has "ci-failed: told (urgent): the agent may not have the message"
	grep -q "^ci-failed .*/notify-trouble/" "$HOME/notices"
	silent
}

# TIME MINUTES: is it so far from now, give or take the minute that a busy machine takes?
is_near() { ((($(date -d "$1" +%s) - $(date +%s) - $2 * 60) >= -60 && ($(date -d "$1" +%s) - $(date +%s) - $2 * 60) <= 1)); }
hours_pass() { sed -i '/\.again=/d' "$DATA/fe-1/reactions"; }

@test "notifiers that fail are tried five times, not at once; a claim that a crash left is reported, not repeated" {
	NOTIFIERS='notifiers: {log: {plugin: command, command: [sh, -c, "echo $AO_NOTIFY_ID >>$HOME/tries; exit 1"]}}
notificationRouting: {urgent: [log], info: []}' configure
	spawn frontend 1
	settled fe-1
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	for minutes in 1 5 15 60 0; do
		poll -p frontend
		has "agent-exited: nobody could be told (urgent)"
		again=$(sed -n 's/^agent-exited.again=//p' "$DATA/fe-1/reactions")
		silent
		[ "$minutes" = 0 ] || is_near "$again" "$minutes"
		hours_pass
	done
	[ -z "$again" ]
	silent
	[ "$(sort -u "$HOME/tries" | wc -l) $(wc -l <"$HOME/tries")" = "1 5" ]
	echo "agent-exited.notifying=some/notice" >>"$DATA/fe-1/reactions"
	poll
	has "fe-1  agent-exited: a poll died while it told of it; whether anybody heard is not known"
	silent
	[ "$(wc -l <"$HOME/tries")" = 5 ]
}

@test "a configuration that git tracks merges nothing by itself before ao trust" {
	local shared=$HOME/shared
	git init -q -b main "$shared"
	FRONTEND='checks: {test: "true"}' configure 'reactions: {approved-and-green: {auto: true, action: auto-merge}}'
	spawn frontend 1
	settled fe-1
	work fe-1 new work
	ao pr create fe-1 >/dev/null
	ao pr review fe-1 --approve >/dev/null
	mv "$CONFIG" "$shared/agent-orchestrator.yaml"
	git -C "$shared" add -A
	cd "$shared"
	poll
	has "approved-and-green: nobody could be told (action)"
	has "reactions.approved-and-green.action is not used until you trust the file"
	[ "$(git -C "$REPO" log -1 --format=%s main)" = first ]
	ao trust >/dev/null
	work fe-1 new more
	ao pr review fe-1 --approve >/dev/null
	poll
	has "approved-and-green: #1 merged into main"
}

# A person at the terminal of SESSION, who has typed: TYPED is the second of the last key.
person_types() { # SESSION
	on_screen "env -u TMUX tmux attach -t $1" 'at your service'
	wait_for 20 has_typed "$1"
	TYPED=$(tmux display-message -p -t "=$1:" '#{session_activity}')
}
has_typed() { # the first second of a session is its creation
	tmux -L person send-keys x
	[ "$(tmux display-message -p -t "=$1:" '#{!=:#{session_activity},#{session_created}}')" = 1 ]
}

@test "a person who types in the terminal is not disturbed: neither message nor notice, and none is lost" {
	FRONTEND='checks: {test: "grep -q good new"}' configure
	spawn frontend 1
	spawn frontend 2
	settled fe-1
	settled fe-2
	work fe-1 new bad
	work fe-2 new good
	ao pr create fe-1 >/dev/null
	ao pr create fe-2 >/dev/null
	ao pr review fe-2 --approve >/dev/null
	person_types fe-2
	tmux -L person2 -f /dev/null new-session -d "env -u TMUX tmux attach -t fe-1"
	wait_for 10 eval '[ "$(tmux display-message -p -t =fe-1: "#{session_attached}")" = 1 ]'
	at=$(tmux display-message -p -t =fe-1: '#{session_activity}')
	[ "$TYPED" -gt "$at" ] || TYPED=$at
	export AO_TEST_NOW=$((TYPED * 1000 + 5000))
	poll
	has "fe-1  ci-failed: waits: somebody is typing in its terminal"
	has "fe-2  approved-and-green: waits: somebody is typing in its terminal"
	took fe-1 1
	[ ! -e "$HOME/notices" ]
	[ "$(told hold | paste -sd' ')" = "ci-failed approved-and-green" ]
	grep -q '^heldUntil=' "$DATA/fe-1/reactions"
	export AO_TEST_NOW=$((TYPED * 1000 + 8000))
	poll # said once
	[ -z "$output" ]
	unset AO_TEST_NOW
	tmux -L person2 kill-server # who has left types no longer
	poll
	has "fe-1  ci-failed: message 0001 is with the agent"
	took fe-1 2
	settled fe-1
	export AO_TEST_NOW=$(((TYPED + 3600) * 1000))
	poll # still attached, and silent for long
	has "fe-2  approved-and-green: told (action)"
	unset AO_TEST_NOW
	[ "$(grep -c . "$HOME/notices")" = 1 ]
	run ! grep -q held "$DATA/fe-1/reactions" "$DATA/fe-2/reactions"
	tmux -L person kill-server
}
