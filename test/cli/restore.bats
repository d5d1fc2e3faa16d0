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
	errs "cannot restore fe-2"
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
