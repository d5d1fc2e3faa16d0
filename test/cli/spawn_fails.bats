#!/usr/bin/env bats
load box

# Under load its start may take longer than spawn looks; then the session is there and tells.
@test "an agent that ends at once with an error: everything is taken back, exit 1" {
	printf '#!/bin/sh\nexit 3\n' >"$BOX/broken"
	chmod +x "$BOX/broken"
	AGENT=$BOX/broken box_config
	run --separate-stderr ao spawn frontend 42
	if [ "$status" = 0 ]; then
		wait_for 10 is fe-1 status errored
		return
	fi
	[ "$status" = 1 ]
	errs "exit code 3"
	[ ! -e "$TREES/fe-1" ]
	[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
	[ "$(field fe-1 status)" = errored ]
	gone_from_tmux fe-1
	expect 0 ao doctor
}

@test "a place where no worktree can be made: no branch stays behind, nor a session to mend" {
	touch "$BOX/file"
	for place in /proc/trees "$BOX/file"; do
		box_config
		printf 'worktreeDir: %s\n' "$place" >>"$CONFIG"
		expect 1 ao spawn frontend 42
		errs "could not create leading directories"
		[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
	done
	box_config
	expect 0 ao doctor
	spawn frontend 42
	[ "$(field fe-3 branch)" = feat/42 ]
}
