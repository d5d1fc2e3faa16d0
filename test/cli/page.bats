#!/usr/bin/env bats
# The product page, sentence by sentence, where the commands here cover it.
load box

@test "Sessions are isolated workspaces: worktree, tmux session, metadata of their own" {
	spawn frontend 1
	spawn frontend 2
	[ "$(git -C "$REPO" worktree list | wc -l)" = 3 ]
	in_tmux fe-1
	in_tmux fe-2
	[ -f "$DATA/fe-1/metadata" ]
	[ -f "$DATA/fe-2/metadata" ]
	echo x >"$TREES/fe-1/only-here"
	[ ! -e "$TREES/fe-2/only-here" ]
	[ ! -e "$REPO/only-here" ]
}

@test "View all active sessions: id, last activity, branch, status" {
	spawn frontend 1
	wait_for 10 took fe-1 1 # its first prompt; then the turn ends
	wait_for 10 is fe-1 status idle
	expect 0 ao session ls
	[[ "$output" =~ Frontend:$'\n'"  fe-1  ("[0-9]+"s ago)  feat/1  [idle]" ]]
	has "Backend:
  (no active sessions)"
}

@test "List sessions for a specific project: -p frontend" {
	spawn frontend 1
	expect 0 ao session ls -p frontend
	has fe-1
	lacks Backend
}

@test "tmux attach -t fe-1" {
	spawn frontend 1
	on_screen "env -u TMUX tmux attach -t fe-1" 'at your service'
	[ "$(tmux list-clients -t =fe-1 | wc -l)" = 1 ]
	in_tmux fe-1
	is fe-1 activity ready
}

no_clients() { [ -z "$(tmux list-clients -t =fe-1)" ]; }

@test "Detach without killing: Ctrl+B, then D" {
	spawn frontend 1
	on_screen "env -u TMUX ao session attach fe-1; cat" 'at your service'
	tmux -L person send-keys C-b d
	wait_for 10 no_clients
	in_tmux fe-1
	expect 0 ao send fe-1 "still there?"
	took fe-1 2
}

@test "Send Without Waiting, Send from File, Custom Timeout" {
	spawn frontend
	expect 0 ao send fe-1 "Your message" --no-wait
	ready fe-1
	cat >instructions.txt <<-'T'
		The CI is failing with this error:

		TypeError: Cannot read property 'id' of undefined
		  at validateUser (auth.ts:42)

		Please:
		1. Add null checks for the user object
		2. Add tests for the error case
		3. Update the error message to be more descriptive
	T
	expect 0 ao send fe-1 --file instructions.txt
	heard fe-1 "TypeError: Cannot read property 'id' of undefined"
	heard fe-1 "  at validateUser (auth.ts:42)"
	ready fe-1
	expect 0 ao send fe-1 "Your message" --timeout 300
	took fe-1 3
}

@test "Clears partial input by Ctrl+U" {
	spawn frontend 1
	tmux send-keys -t =fe-1: -l partial
	sleep 2.2
	expect 0 ao send fe-1 "whole"
	run ! heard fe-1 partial
}

@test "Kill: tmux session, worktree, status killed, metadata kept" {
	spawn frontend 1
	ao session kill fe-1
	gone_from_tmux fe-1
	[ ! -e "$TREES/fe-1" ]
	[ "$(field fe-1 status)" = killed ]
}

@test "Killing a session does NOT close or delete the PR" {
	spawn frontend 1
	git -C "$TREES/fe-1" commit -q --allow-empty -m work
	head=$(git -C "$TREES/fe-1" rev-parse HEAD)
	ao pr create fe-1
	ao session kill fe-1
	expect 0 ao pr ls
	has "#1"
	expect 0 ao pr view fe-1 --json
	[ "$(jq -r .state <<<"$output")" = open ]
	[ "$(git -C "$REPO" rev-parse refs/ao/pull/1/head feat/1)" = "$head
$head" ]
}

@test "Restore: cannot where the worktree or the branch is deleted" {
	spawn frontend 1
	spawn frontend 2
	tmux kill-session -t =fe-1
	tmux kill-session -t =fe-2
	wait_for 8 is fe-1 activity exited
	wait_for 8 is fe-2 activity exited
	rm -rf "$TREES/fe-1"
	expect 6 ao session restore fe-1
	git -C "$TREES/fe-2" checkout -q --detach
	git -C "$REPO" branch -qD feat/2
	expect 6 ao session restore fe-2
	[[ $stderr == "ao: cannot restore fe-2: "* ]]
}

@test "Cannot restore if merged" {
	spawn frontend 1
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	sed -i 's/^status=.*/status=merged/' "$DATA/fe-1/metadata"
	expect 6 ao session restore fe-1
	errs "merged"
}

@test "Metadata: flat, readable, edited with any editor while it runs" {
	spawn frontend 1
	{ echo "# my note"; echo "ticket=ABC-1"; cat "$DATA/fe-1/metadata"; echo "later=yes"; } >"$BOX/edited"
	cat "$BOX/edited" >"$DATA/fe-1/metadata"
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 0 ao session restore fe-1
	[ "$(sed -n 1,2p "$DATA/fe-1/metadata")" = "# my note
ticket=ABC-1" ]
	[ "$(field fe-1 later)" = yes ]
}

@test "script: kill all that cleanup would" {
	spawn frontend 1
	spawn backend 2
	tmux kill-session -t =fe-1
	tmux kill-session -t =api-1
	wait_for 8 is fe-1 activity exited
	wait_for 8 is api-1 activity exited
	ao session cleanup --dry-run | grep "Would kill" | awk '{print $3}' | xargs -I {} ao session kill {}
	[ "$(field fe-1 status)" = killed ]
	[ "$(field api-1 status)" = killed ]
}

@test "script: send to all" {
	spawn frontend
	spawn backend
	for session in $(ao session ls --json | jq -r '.[].name'); do
		# shellcheck disable=SC2086
		ao send $session "Please check if your PR is ready for review"
	done
	took fe-1 1
	took api-1 1
}

@test "script: watch status" {
	spawn frontend 1
	on_screen "watch -n 30 ao status" fe-1
}

@test "help on every level, with an example; errors are one line with what to do" {
	for c in spawn batch-spawn "session ls" "session kill" "session cleanup" "session restore" "session undelete" \
		status send events doctor "config check" hook; do
		# shellcheck disable=SC2086
		expect 0 ao $c --help
		has "ao ${c%% *}"
	done
	expect 0 ao --help
	expect 0 ao help session
	has "Usage: ao session [command]"
	expect 2 ao help session no-such
	errs "no manual page for 'session no-such'"
	expect 0 ao version
	expect 2 ao no-such-command
	[ "$(echo "$stderr" | wc -l)" -le 3 ]
	[[ $stderr == "ao: "* ]]
	expect 2 ao session ls --no-such-option
}
