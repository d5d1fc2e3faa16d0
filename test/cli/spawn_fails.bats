#!/usr/bin/env bats
load box

@test "an agent that ends at once with an error: everything is taken back, exit 1" {
	printf '#!/bin/sh\nexit 3\n' >"$BOX/broken"
	chmod +x "$BOX/broken"
	AGENT=$BOX/broken box_config
	expect 1 ao spawn frontend 42
	errs "exit code 3"
	[ ! -e "$TREES/fe-1" ]
	[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
	[ "$(field fe-1 status)" = errored ]
	gone_from_tmux fe-1
	expect 0 ao doctor
}
