#!/usr/bin/env bats
load box

@test "the page's four steps" {
	spawn frontend 42
	expect 0 ao session kill fe-1
	[ "$output" = "✓ Session fe-1 killed." ]
	gone_from_tmux fe-1
	[ ! -e "$TREES/fe-1" ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 1 ]
	[ "$(field fe-1 status)" = killed ]
	[ -n "$(field fe-1 killedAt)" ]
	[ -z "$(field fe-1 doing)" ]
	git -C "$REPO" rev-parse -q --verify feat/42
	[ -z "$(trash fe-1)" ]
	[ -z "$(ls -A "$TREES")" ]
	[ -f "$DATA/fe-1/metadata" ]
}

@test "work is saved first, and the ref is printed" {
	spawn frontend 42
	cd "$TREES/fe-1"
	echo two >>README
	echo new >"new file"
	echo staged >staged
	git add staged
	echo later >>staged
	echo object >x.o
	git rm -q --cached src/main.c
	cd "$HOME"
	expect 0 ao session kill fe-1
	ref=$(trash fe-1)
	[[ $ref =~ ^refs/ao/trash/fe-1/[0-9]{8}T[0-9]{6}Z$ ]]
	has "✓ Session fe-1 killed."
	has "  Saved:    $ref ("
	has "files"
	has "— ao session undelete fe-1"
	[ "$(git -C "$REPO" show "$ref:README")" = "one
two" ]
	[ "$(git -C "$REPO" show "$ref:new file")" = new ]
	[ "$(git -C "$REPO" show "$ref:staged")" = "staged
later" ]
	run ! git -C "$REPO" cat-file -e "$ref:x.o"
	[ "$(field fe-1 saved)" = "$ref" ]
}

@test "preDestroy runs when all is saved, and its failure is a warning" {
	FRONTEND='preDestroy: ["cp README $BOX/seen; rm README", "exit 3"]' box_config
	spawn frontend 42
	echo two >"$TREES/fe-1/README"
	expect 0 ao session kill fe-1
	errs "preDestroy: 'exit 3' ended with 3"
	[ "$(cat "$BOX/seen")" = two ]
	[ ! -e "$TREES/fe-1" ]
	[ "$(git -C "$REPO" show "$(trash fe-1):README")" = two ]
}

@test "commits that no branch holds are saved" {
	spawn frontend 42
	git -C "$TREES/fe-1" checkout -q --detach
	git -C "$TREES/fe-1" commit -q --allow-empty -m adrift
	adrift=$(git -C "$TREES/fe-1" rev-parse HEAD)
	expect 0 ao session kill fe-1
	has commit
	git -C "$REPO" merge-base --is-ancestor "$adrift" "$(trash fe-1)"
}

@test "a clean worktree leaves no ref, committed work is on its branch" {
	spawn frontend 42
	git -C "$TREES/fe-1" commit -q --allow-empty -m work
	expect 0 ao session kill fe-1
	[ -z "$(trash fe-1)" ]
	[ "$(git -C "$REPO" log -1 --format=%s feat/42)" = work ]
}

@test "if saving fails nothing is removed: exit 6" {
	spawn frontend 42
	echo precious >"$TREES/fe-1/precious"
	git -C "$REPO" update-ref refs/ao HEAD # no ref below it can be made
	expect 6 ao session kill fe-1
	[ "$(cat "$TREES/fe-1/precious")" = precious ]
	[ "$(field fe-1 status)" != killed ]
	git -C "$REPO" update-ref -d refs/ao
	expect 0 ao session kill fe-1
	[ "$(git -C "$REPO" show "$(trash fe-1):precious")" = precious ]
}

@test "a worktree that git was told to move: refused while its agent still runs" {
	spawn frontend 42
	echo precious >"$TREES/fe-1/precious"
	git -C "$REPO" worktree move "$TREES/fe-1" "$BOX/moved"
	expect 6 ao session kill fe-1
	errs "was moved to $BOX/moved"
	errs "git -C $REPO worktree move $BOX/moved $TREES/fe-1"
	in_tmux fe-1
	[ "$(field fe-1 status)" != killed ]
	[ -z "$(field fe-1 doing)" ]
	tmux kill-session -t =fe-1
	wait_for 10 is fe-1 activity exited
	expect 6 ao session kill fe-1
	[ -z "$(field fe-1 doing)" ]
	git -C "$REPO" worktree move "$BOX/moved" "$TREES/fe-1"
	expect 0 ao session kill fe-1
	[ "$(git -C "$REPO" show "$(trash fe-1):precious")" = precious ]
}

@test "a worktree deleted by hand: its staged state and its own commits are saved all the same" {
	spawn frontend 42
	cd "$TREES/fe-1"
	git checkout -q --detach
	git commit -q --allow-empty -m adrift
	adrift=$(git rev-parse HEAD)
	echo staged >staged
	git add staged
	cd "$HOME"
	rm -rf "$TREES/fe-1"
	expect 0 ao session kill fe-1
	has "  Saved:    $(trash fe-1) (1 file, 1 commit)"
	git -C "$REPO" merge-base --is-ancestor "$adrift" "$(trash fe-1)"
	expect 0 ao session undelete fe-1
	[ "$(git -C "$TREES/fe-1" show :staged)" = staged ]
}

@test "again is fine, and half-dead is finished" {
	spawn frontend 42
	expect 0 ao session kill fe-1
	expect 0 ao session kill fe-1
	spawn frontend 43
	tmux kill-session -t =fe-2
	expect 0 ao session kill fe-2
	[ ! -e "$TREES/fe-2" ]
	spawn frontend 44
	rm -rf "$TREES/fe-3"
	expect 0 ao session kill fe-3
	gone_from_tmux fe-3
	[ "$(git -C "$REPO" worktree list | wc -l)" = 1 ]
	expect 4 ao session kill fe-99
	errs fe-99
}

@test "every descendant ends, also one with a session of its own that ignores SIGTERM" {
	cat >"$BOX/tree" <<-'S'
		#!/bin/bash
		setsid sleep 1000 &
		(trap '' TERM; setsid sleep 1001 & sleep 1002) &
		( (sleep 1003 &) )
		touch "$BOX/up"
		trap '' TERM
		while :; do sleep 1; done
	S
	chmod +x "$BOX/tree"
	AGENT=$BOX/tree box_config
	for id in fe-1 fe-2 fe-3; do # on a busy machine one may be slow
		rm -f "$BOX/up"
		ao spawn frontend
		wait_for 5 test -e "$BOX/up"
		start=${EPOCHREALTIME/./}
		expect 0 ao session kill $id --now
		took=$((${EPOCHREALTIME/./} - start))
		[ $took -ge 5000000 ] || break
	done
	echo "took $took us"
	[ $took -lt 5000000 ] # SIGTERM is given so long, without --now
	for n in 1000 1001 1002 1003; do
		for pid in $(pgrep -f "^sleep $n$"); do
			! grep -qzxF "HOME=$HOME" "/proc/$pid/environ" || false
		done
	done
}

@test "--keep-worktree" {
	spawn frontend 42
	echo new >"$TREES/fe-1/new"
	expect 0 ao session kill fe-1 --keep-worktree
	[ "$(cat "$TREES/fe-1/new")" = new ]
	gone_from_tmux fe-1
}

@test "several at once, an unknown one does not stop the others" {
	spawn frontend 1
	spawn frontend 2
	run ao session kill fe-1 fe-9 fe-2
	[ "$status" = 4 ]
	[ ! -e "$TREES/fe-1" ]
	[ ! -e "$TREES/fe-2" ]
}

@test "a stranger's session of our name, and one whose name begins alike, stay" {
	tmux new-session -d -s fe-10 cat
	spawn frontend 1
	tmux kill-session -t =fe-1
	tmux new-session -d -s fe-1 cat
	expect 0 ao session kill fe-1
	in_tmux fe-1
	in_tmux fe-10
}

@test "a worktree with a repository of its own in it is kept aside" {
	spawn frontend 1
	git init -q "$TREES/fe-1/nested"
	echo inner >"$TREES/fe-1/nested/file"
	git -C "$TREES/fe-1/nested" add file
	git -C "$TREES/fe-1/nested" commit -q -m inner
	expect 0 ao session kill fe-1
	kept=$(ls -d "$TREES"/fe-1.kept-*)
	has "$kept"
	[ "$(cat "$kept/nested/file")" = inner ]
	git -C "$REPO" worktree list --porcelain | grep -q '^locked'
	[ ! -e "$TREES/fe-1" ]
}

@test "hooks and filters of the repository do not run" {
	git -C "$REPO" config filter.evil.clean "touch $BOX/filtered; cat"
	echo '*.evil filter=evil' >"$REPO/.gitattributes"
	git -C "$REPO" add -A
	git -C "$REPO" commit -qm attributes
	printf '#!/bin/sh\ntouch %s/hooked\n' "$BOX" | tee "$REPO/.git/hooks/reference-transaction" >"$REPO/.git/hooks/post-checkout"
	spawn frontend 1
	rm -f "$BOX/hooked" "$BOX/filtered"
	chmod +x "$REPO/.git/hooks/"*
	echo raw >"$TREES/fe-1/a.evil"
	git -C "$REPO" config core.fsmonitor "touch $BOX/monitored; false"
	expect 0 ao session kill fe-1
	[ ! -e "$BOX/filtered" ]
	[ ! -e "$BOX/hooked" ]
	[ ! -e "$BOX/monitored" ]
}

@test "the event log tells it" {
	spawn frontend 1
	echo x >"$TREES/fe-1/new"
	ao session kill fe-1
	expect 0 ao events fe-1 --json
	has killed
	has refs/ao/trash
}

# git 2.39 loses its new pack where one `git add` under fsyncMethod=batch first makes a loose object,
# which is what an empty file and a symlink become, and then a packed one.
@test "an empty file or a symlink before other new files" {
	spawn frontend 1
	spawn frontend 2
	: >"$TREES/fe-1/a-empty"
	ln -s nowhere "$TREES/fe-2/a-link"
	echo one >"$TREES/fe-1/b"
	echo two >"$TREES/fe-2/b"
	expect 0 ao session kill fe-1
	has "(2 files)"
	expect 0 ao session kill fe-2
	has "(2 files)"
	[ "$(git -C "$REPO" show "$(trash fe-1):b")" = one ]
	[ "$(git -C "$REPO" show "$(trash fe-2):a-link")" = nowhere ]
	[ -z "$(find "$REPO/.git/objects/pack" -name 'tmp_*')" ]
}
