#!/usr/bin/env bats
load box

tree_of() { # every file with its mode and content, but git's own
	(cd "$1" && find . -path ./.git -prune -o \( -type f -printf '%p %m ' -exec md5sum {} \; \) -o -type l -printf '%p -> %l\n' | sed 's/ [^ ]*$//' | sort)
}
dirty() {
	cd "$1" || return
	echo two >>README
	printf 'crlf\r\nbytes \0\377' >raw.bin
	echo 'new' >'a name with spaces'
	mkdir -p deep/er
	echo x >deep/er/file
	chmod +x deep/er/file
	ln -s ../README deep/link
	echo staged >staged
	git add staged README
	echo more >>staged
	echo three >>README
	rm src/main.c
	cd "$HOME" || return
}

@test "branch, files and staged state come back exactly" {
	spawn frontend 42
	dirty "$TREES/fe-1"
	tree_of "$TREES/fe-1" >"$BOX/before"
	git -C "$TREES/fe-1" status --porcelain >"$BOX/status"
	git -C "$TREES/fe-1" diff --cached >"$BOX/cached"
	ao session kill fe-1
	expect 0 ao session undelete fe-1
	has fe-1
	has "ao session restore fe-1"
	tree_of "$TREES/fe-1" | diff "$BOX/before" -
	git -C "$TREES/fe-1" status --porcelain | diff "$BOX/status" -
	git -C "$TREES/fe-1" diff --cached | diff "$BOX/cached" -
	[ "$(git -C "$TREES/fe-1" symbolic-ref --short HEAD)" = feat/42 ]
	[ -n "$(field fe-1 undeletedAt)" ]
	[ "$(field fe-1 status)" != killed ]
	gone_from_tmux fe-1
	expect 0 ao session ls
	has fe-1
}

@test "then restore, then work goes on" {
	spawn frontend 42
	dirty "$TREES/fe-1"
	ao session kill fe-1
	ao session undelete fe-1
	expect 0 ao session restore fe-1
	ready fe-1
	expect 0 ao send fe-1 "go on"
}

@test "a branch that was deleted comes back too" {
	spawn frontend 42
	git -C "$TREES/fe-1" commit -q --allow-empty -m work
	dirty "$TREES/fe-1"
	ao session kill fe-1
	tip=$(git -C "$REPO" rev-parse feat/42)
	git -C "$REPO" branch -qD feat/42
	expect 0 ao session undelete fe-1
	[ "$(git -C "$REPO" rev-parse feat/42)" = "$tip" ]
}

@test "from the branch alone where there was nothing to save" {
	spawn frontend 42
	ao session kill fe-1
	expect 0 ao session undelete fe-1
	[ -d "$TREES/fe-1/src" ]
	[ -z "$(git -C "$TREES/fe-1" status --porcelain)" ]
}

@test "kill and undelete may go on and on" {
	spawn frontend 42
	dirty "$TREES/fe-1"
	tree_of "$TREES/fe-1" >"$BOX/before"
	for _ in 1 2 3; do
		expect 0 ao session kill fe-1
		expect 0 ao session undelete fe-1
		tree_of "$TREES/fe-1" | diff "$BOX/before" -
	done
}

@test "a kept-aside worktree moves back" {
	spawn frontend 1
	git init -q "$TREES/fe-1/nested"
	echo inner >"$TREES/fe-1/nested/file"
	git -C "$TREES/fe-1/nested" add file
	git -C "$TREES/fe-1/nested" commit -q -m inner
	ao session kill fe-1
	expect 0 ao session undelete fe-1
	[ "$(cat "$TREES/fe-1/nested/file")" = inner ]
	git -C "$TREES/fe-1" status
	git -C "$TREES/fe-1/nested" log --format=%s | grep -q inner
}

@test "--list, and its refusals" {
	spawn frontend 42
	expect 6 ao session undelete fe-1
	dirty "$TREES/fe-1"
	ao session kill fe-1
	expect 0 ao session undelete fe-1 --list
	has "$(trash fe-1)"
	[ ! -e "$TREES/fe-1" ]
	mkdir -p "$TREES/fe-1"
	echo stranger >"$TREES/fe-1/file"
	run ao session undelete fe-1
	[ "$status" -ne 0 ]
	[ "$(cat "$TREES/fe-1/file")" = stranger ]
	expect 4 ao session undelete fe-9
}

@test "a killed session is not cleaned up again at once" {
	spawn frontend 42
	ao session kill fe-1
	ao session undelete fe-1
	expect 0 ao session cleanup --dry-run
	lacks "Would kill fe-1"
}

@test "that its agent ended by the kill is no error and no news, nor to a poll" {
	spawn frontend 42
	echo draft >"$TREES/fe-1/draft"
	ao poll
	ao session kill fe-1
	ao session undelete fe-1
	expect 0 ao session ls
	has "feat/42  [idle]"
	is fe-1 activity exited
	expect 0 ao poll
	lacks agent-exited
	lacks errored
	[ "$(field fe-1 status)" = idle ]
	ao session restore fe-1
	ready fe-1
	tmux kill-session -t =fe-1 # and this one is both
	wait_for 8 is fe-1 status errored
	expect 0 ao poll
	has agent-exited
}

@test "a kill that saves nothing leaves an older save out of it" {
	spawn frontend 42
	echo draft >"$TREES/fe-1/draft"
	expect 0 ao session kill fe-1
	expect 0 ao session undelete fe-1
	rm "$TREES/fe-1/draft"
	git -C "$TREES/fe-1" commit -q --allow-empty -m "done"
	expect 0 ao session kill fe-1
	lacks Saved:
	[ -z "$(field fe-1 saved)" ]
	expect 0 ao session undelete fe-1
	lacks From:
	[ "$stderr" = "" ]
	[ ! -e "$TREES/fe-1/draft" ]
	[ "$(git -C "$TREES/fe-1" symbolic-ref --short HEAD)" = feat/42 ]
	[ "$(git -C "$TREES/fe-1" log -1 --format=%s)" = "done" ]
}

@test "a worktree that was kept is not said to come from an older save" {
	spawn frontend 42
	echo draft >"$TREES/fe-1/draft"
	ao session kill fe-1
	ao session undelete fe-1
	expect 0 ao session kill fe-1 --keep-worktree
	echo newer >"$TREES/fe-1/draft"
	expect 0 ao session undelete fe-1
	lacks From:
	[ "$(cat "$TREES/fe-1/draft")" = newer ]
}
