#!/usr/bin/env bats
load box

@test "dry run and run, as on the page" {
	spawn frontend 1
	spawn frontend 2
	spawn backend 5
	echo work >"$TREES/fe-2/work"
	tmux kill-session -t =fe-2
	tmux kill-session -t =api-1
	wait_for 8 is fe-2 activity exited
	wait_for 8 is api-1 activity exited
	expect 0 ao session cleanup --dry-run
	[ "${lines[0]}" = "Checking for completed sessions..." ]
	has "  Would kill fe-2 ("
	has "  Would kill api-1 ("
	lacks fe-1
	[ "${lines[-1]}" = "Dry run complete. 2 sessions would be cleaned." ]
	[ -d "$TREES/fe-2" ]
	expect 0 ao session cleanup
	has "Cleaned: fe-2"
	has "Cleaned: api-1"
	has "Cleanup complete. 2 sessions cleaned."
	[ ! -e "$TREES/fe-2" ]
	[ "$(git -C "$REPO" show "$(trash fe-2):work")" = work ]
	[ -d "$TREES/fe-1" ]
	in_tmux fe-1
}

@test "one project, singular" {
	spawn frontend 1
	spawn backend 2
	tmux kill-session -t =fe-1
	tmux kill-session -t =api-1
	wait_for 8 is fe-1 activity exited
	wait_for 8 is api-1 activity exited
	expect 0 ao session cleanup -p frontend --dry-run
	has "Dry run complete. 1 session would be cleaned."
	lacks api-1
	expect 0 ao session cleanup -p frontend
	has "Cleanup complete. 1 session cleaned."
	[ -d "$TREES/api-1" ]
}

@test "nothing to do" {
	spawn frontend 1
	expect 0 ao session cleanup
	has "Cleanup complete. 0 sessions cleaned."
	in_tmux fe-1
}

@test "unknown is no reason: no tmux on PATH, another socket" {
	spawn frontend 1
	mkdir "$BOX/bin"
	for p in ao git sh; do ln -s "$(command -v $p)" "$BOX/bin/$p"; done
	expect 0 env PATH="$BOX/bin" ao session cleanup
	lacks fe-1
	TMUX_TMPDIR=$BOX/elsewhere expect 0 ao session cleanup
	lacks "Cleaned: fe-1"
	in_tmux fe-1
	[ -d "$TREES/fe-1" ]
}

@test "a restart of the machine is no reason" {
	spawn frontend 1
	tmux kill-server
	wait_for 8 is fe-1 activity exited
	AO_TEST_BOOT_ID=next expect 0 ao session cleanup
	has "Skipped fe-1 (the machine restarted: ao session restore --all)"
	[ -d "$TREES/fe-1" ]
}

@test "a death before the last restore is no reason" {
	spawn frontend 1
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	ao session restore fe-1
	expect 0 ao session cleanup
	lacks "Cleaned: fe-1"
	in_tmux fe-1
}

@test "saving fails: refused, told, the others go on" {
	spawn frontend 1
	spawn backend 2
	echo precious >"$TREES/fe-1/precious"
	tmux kill-session -t =fe-1
	tmux kill-session -t =api-1
	wait_for 8 is fe-1 activity exited
	wait_for 8 is api-1 activity exited
	git -C "$REPO" update-ref refs/ao HEAD
	run --separate-stderr ao session cleanup
	echo "$output $stderr"
	[ "$status" = 6 ]
	has "Cleaned: api-1"
	[ "$(cat "$TREES/fe-1/precious")" = precious ]
}
