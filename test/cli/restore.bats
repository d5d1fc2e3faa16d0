#!/usr/bin/env bats
load box

@test "as on the page" {
	spawn frontend 42
	echo work >"$TREES/fe-1/work"
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 0 ao session restore fe-1
	[ "$output" = "✓ Session fe-1 restored.
  Worktree: $TREES/fe-1
  Branch:   feat/42
  Attach:   tmux attach -t fe-1" ]
	ready fe-1
	in_tmux fe-1
	[ "$(cat "$TREES/fe-1/work")" = work ]
	[ -n "$(field fe-1 restoredAt)" ]
	expect 0 ao send fe-1 "still there?"
}

@test "what an agent leaves behind when it ends keeps nobody from knowing, and is gone before it comes back" {
	spawn frontend 42
	ao send fe-1 "run: (trap '' TERM HUP; exec sleep 1003) & sleep 0.3"
	wait_for 10 pgrep -f "^sleep 1003"
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 3 is fe-1 activity exited
	pgrep -f "^sleep 1003"
	expect 0 ao session restore fe-1
	run ! pgrep -f "^sleep 1003"
	ready fe-1
}

@test "a fresh start gets a recap" {
	spawn frontend 42 --prompt "Build the dashboard"
	git -C "$TREES/fe-1" commit -q --allow-empty -m "half of the dashboard"
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	n=$(messages fe-1)
	ao session restore fe-1
	wait_for 10 took fe-1 $((n + 1))
	heard fe-1 "half of the dashboard"
}

@test "refusals: running, killed, without worktree or branch, unknown" {
	spawn frontend 1
	expect 6 ao session restore fe-1
	ao session kill fe-1
	expect 6 ao session restore fe-1
	errs "undelete"
	spawn frontend 2
	tmux kill-session -t =fe-2
	wait_for 8 is fe-2 activity exited
	rm -rf "$TREES/fe-2"
	expect 6 ao session restore fe-2
	errs "cannot restore fe-2: its worktree is not at $TREES/fe-2: move it back"
	expect 4 ao session restore fe-9
}

@test "an agent that ended by itself is restored" {
	spawn frontend 1
	tmux send-keys -t =fe-1: C-d
	wait_for 8 is fe-1 activity exited
	expect 0 ao session restore fe-1
	ready fe-1
}

@test "--all after the server's death" {
	spawn frontend 1
	spawn frontend 2
	spawn backend 3
	spawn frontend 4
	ao session kill fe-3
	kill -9 "$(tmux display-message -p '#{pid}')"
	wait_for 8 is fe-1 activity exited
	wait_for 8 is api-1 activity exited
	wait_for 8 is fe-2 activity exited
	expect 0 ao session restore --all
	for id in fe-1 fe-2 api-1; do
		has "$id restored"
		ready $id
	done
	lacks fe-3
	expect 0 ao session restore --all
}

@test "after a restart of the machine" {
	spawn frontend 1
	kill -9 "$(tmux display-message -p '#{pid}')"
	wait_for 8 is fe-1 activity exited
	export AO_TEST_BOOT_ID=the-next-one
	expect 0 ao session restore --all
	has "fe-1 restored"
	wait_for 10 in_tmux fe-1
}

@test "a stranger's session under our name: refused, nothing touched" {
	spawn frontend 1
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	tmux new-session -d -s fe-1 cat
	run ao session restore fe-1
	[ "$status" -ne 0 ]
	in_tmux fe-1
	[ "$(tmux list-panes -t =fe-1 -F '#{pane_current_command}')" = cat ]
}

@test "the agent is missing now: refused, the worktree stays" {
	spawn frontend 1
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	AGENT=no-such-agent box_config
	expect 1 ao session restore fe-1
	errs no-such-agent
	[ -d "$TREES/fe-1" ]
}

# An agent with conversations of its own that can be resumed.
with_conversations() { # MORE OPTIONS
	box_config
	sed -i "s/command: \[.*/command: [standin, --turn-ms, \"${1:-600000}\", --session, \"{agentSessionId}\", \"{prompt}\"]\n    resume: [standin, --turn-ms, \"50\", --resume, \"{agentSessionId}\"]\n    sessionId: preset/" "$CONFIG"
}
# As Claude Code: a dialog at its start, before which there is no hook and no transcript, and an end where the
# conversation is unknown.
with_first_dialog() {
	cat >"$HOME/asker.sh" <<-'R'
		#!/bin/bash
		echo "$@" >>"$BOX/started"
		[ "$1" != --resume ] || { echo "No conversation found with session ID: $2"; exit 1; }
		printf 'Do you trust this folder?\n  ❯ 1. Yes\n    2. No\n'
		sleep 1000
	R
	chmod +x "$HOME/asker.sh"
	box_config
	sed -i "s|command: \[.*|command: [$HOME/asker.sh, --session-id, \"{agentSessionId}\", \"{prompt}\"]\n    resume: [$HOME/asker.sh, --resume, \"{agentSessionId}\"]\n    sessionId: preset\n    transcript: claude-jsonl|; s|process: standin|process: asker.sh|" "$CONFIG"
}

@test "an agent that was ended in a dialog of its start has no conversation: a fresh start" {
	with_first_dialog
	expect 0 ao spawn frontend --prompt "Build the dashboard"
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 0 ao session restore fe-1
	run -0 cat "$BOX/started"
	lacks "--resume"
	[ "$(grep -c "Build the dashboard" "$BOX/started")" = 2 ]
}

cut_off() { # SESSION: in the middle of its turn
	ao send "$1" "run: sleep 7073" >/dev/null
	wait_for 10 is "$1" activity active
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/$1/run")"
	wait_for 10 is "$1" activity exited
}
asked_again() { grep -c "continue where it stopped" "$STANDIN_LOG/$1.log"; }

@test "a turn that was cut off is asked for again, once, in the same conversation" {
	with_conversations
	spawn frontend
	cut_off fe-1
	expect 0 ao session restore fe-1
	errs "its turn was cut off; it is told to continue"
	wait_for 10 heard fe-1 "[ao] You were ended while you were at work."
	ready fe-1
	tmux capture-pane -p -t =fe-1: | grep -q "resumed $(field fe-1 agentSessionId)"
	ao poll
	ao send fe-1 "and now?" >/dev/null
	[ "$(asked_again fe-1)" = 1 ]
	took fe-1 3
}

# Its sender died between its Enter and its receipt; then its agent did, in the middle of the turn that it made.
@test "what asked for a lost turn, and was typed to an agent that is gone, is not what asks for the next one" {
	with_conversations
	spawn frontend
	cut_off fe-1
	ao session restore fe-1 2>/dev/null
	wait_for 10 asked_again fe-1
	cut_off fe-1
	asking=$(grep -l "^kind=continue" "$DATA"/fe-1/outbox/*)
	sed -i 's/^state=.*/state=submitted/' "$asking"
	expect 0 ao session restore fe-1
	wait_for 10 took fe-1 4
	[ "$(asked_again fe-1)" = 2 ]
}

@test "a turn that had ended is not asked for again, nor one that was interrupted" {
	with_conversations 50
	spawn frontend
	ao send fe-1 "a short one" >/dev/null
	ready fe-1
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 10 is fe-1 activity exited
	expect 0 ao session restore fe-1
	[ -z "$stderr" ]
	ready fe-1
	took fe-1 1
}

@test "ao killed in the middle of a restore: the lost turn is asked for once all the same" {
	with_conversations 50
	spawn frontend
	for at in 0.1 0.4 1.5; do
		cut_off fe-1
		before=$(messages fe-1)
		timeout -s KILL $at ao session restore fe-1 >/dev/null 2>&1 || true
		ao session restore fe-1 >/dev/null 2>&1 || ao poll >/dev/null # it was started, and not told yet
		wait_for 15 took fe-1 $((before + 1))
		ready fe-1
		ao poll >/dev/null
		took fe-1 $((before + 1))
	done
}

@test "a restart of the machine is told from a death, also to the agent" {
	with_conversations
	spawn frontend
	cut_off fe-1
	export AO_TEST_BOOT_ID=the-next-one
	expect 0 ao status --why fe-1
	has "the machine restarted since"
	expect 0 ao session restore --all
	wait_for 10 heard fe-1 "[ao] The machine was restarted while you were at work."
}

@test "what a killed agent left running is found and ended first" {
	with_conversations
	spawn frontend
	ao send fe-1 "run: setsid sleep 7071 & sleep 7072" >/dev/null
	wait_for 10 pgrep -xf 'sleep 7071'
	kill -9 "$(sed -n 's/^supervisor=//p' "$DATA/fe-1/run")" "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 10 is fe-1 activity exited
	pgrep -xf 'sleep 7071'
	expect 0 ao session restore fe-1
	run ! pgrep -xf 'sleep 7071'
	run ! pgrep -xf 'sleep 7072'
	ready fe-1
}
