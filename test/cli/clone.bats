#!/usr/bin/env bats
# Sessions with `workspace: clone`: a repository of their own, and everything else as with worktrees.
load box

setup() {
	box_open
	FRONTEND="workspace: clone" box_config
}
work() { # SESSION FILE TEXT
	printf '%s\n' "$3" >"$TREES/$1/$2"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "Add $2"
}
row() { ao status --json | jq -r ".[] | select(.name == \"$1\") | .$2"; }
head_of() { git -C "$1" rev-parse "$2"; }

@test "spawn, work, pull request, checks, merge, cleanup" {
	FRONTEND=$'workspace: clone\nchecks: {test: "grep -q good new"}' box_config
	spawn frontend 1
	[ -d "$TREES/fe-1/.git" ]
	[ "$(field fe-1 workspace)" = clone ]
	[ "$(git -C "$TREES/fe-1" remote get-url origin)" = "$REPO" ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 1 ]
	expect 1 ao pr create fe-1
	errs "commit first"
	work fe-1 new poor
	[ "$(head_of "$REPO" feat/1)" = "$(head_of "$REPO" main)" ]
	expect 0 ao pr create fe-1
	has "#1 Add new"
	[ "$(head_of "$REPO" feat/1)" = "$(head_of "$TREES/fe-1" HEAD)" ]
	[ "$(row fe-1 ciStatus)" = failure ]
	# amended: what was handed over is replaced, and checked again
	echo good >"$TREES/fe-1/new"
	git -C "$TREES/fe-1" commit -q -a --amend -m "Add good"
	expect 0 ao pr checks fe-1
	[ "$(head_of "$REPO" feat/1)" = "$(head_of "$TREES/fe-1" HEAD)" ]
	[ "$(row fe-1 ciStatus)" = success ]
	# what came after the checks is not merged unseen
	work fe-1 more text
	expect 6 ao pr merge fe-1
	errs "are due"
	expect 0 ao pr checks '#1' -p frontend
	expect 0 ao pr merge fe-1
	[ "$(cat "$REPO/new" "$REPO/more")" = $'good\ntext' ]
	[ -z "$(git -C "$REPO" status --porcelain)" ]
	expect 0 ao session cleanup
	has "Cleaned: fe-1"
	[ ! -e "$TREES/fe-1" ]
	[ -z "$(trash fe-1)" ]
	[ -z "$(ls -A "$TREES")" ]
}

@test "a pull request whose branch is checked out in the repository is told, and nothing moves" {
	spawn frontend 1
	work fe-1 new one
	expect 0 ao pr create fe-1 --no-checks
	git -C "$REPO" checkout -q feat/1
	work fe-1 more two
	expect 6 ao pr merge fe-1
	errs "branch 'feat/1' is checked out in $REPO"
	expect 0 ao session kill fe-1
	has "Saved:"
	has "1 commit"
	errs "is checked out in"
	[ "$(git -C "$REPO" status --porcelain)" = "" ]
	[ ! -e "$REPO/more" ]
	git -C "$REPO" cat-file -e "$(trash fe-1):more"
}

@test "kill saves, undelete brings it back, restore runs it again; lists start no git" {
	spawn frontend 1 --prompt "do it"
	work fe-1 made text
	echo precious >"$TREES/fe-1/precious"
	echo s >>"$TREES/fe-1/README"
	git -C "$TREES/fe-1" stash -q
	git -C "$TREES/fe-1" checkout -q -b mine
	before=$(cd "$TREES/fe-1" && git for-each-ref refs/heads refs/stash && git status --porcelain && git stash list)
	strace -f -qq -e trace=execve -o "$BOX/trace" ao session ls >"$BOX/ls"
	grep -q mine "$BOX/ls"
	run ! grep -q '"git"' "$BOX/trace"
	expect 0 ao session kill fe-1
	has "Saved:    refs/ao/trash/fe-1/"
	[ ! -e "$TREES/fe-1" ]
	git -C "$REPO" cat-file -e feat/1:made
	run ! git -C "$REPO" show-ref -q mine
	git -C "$REPO" gc -q --prune=now
	expect 0 ao session undelete fe-1
	after=$(cd "$TREES/fe-1" && git for-each-ref refs/heads refs/stash && git status --porcelain && git stash list)
	[ "$before" = "$after" ]
	[ "$(cat "$TREES/fe-1/precious")" = precious ]
	expect 0 ao session restore fe-1
	ready fe-1
	expect 0 ao session kill fe-1
}

@test "a clone of a project with a remote pushes there; its config and ours are the project's" {
	git clone -q --bare "$REPO" "$BOX/up.git"
	git -C "$REPO" remote add origin "$BOX/up.git"
	git -C "$REPO" config user.email project@example.org
	FRONTEND=$'workspace: clone\nscm: {plugin: local}' box_config
	spawn frontend 1
	work fe-1 new one
	git -C "$TREES/fe-1" push -q origin feat/1
	[ "$(head_of "$BOX/up.git" feat/1)" = "$(head_of "$TREES/fe-1" HEAD)" ]
	[ "$(git -C "$TREES/fe-1" config user.email)" = project@example.org ]
	# typed in a clone, ao is that of the main checkout
	cp "$CONFIG" "$REPO/agent-orchestrator.yaml"
	rm "$CONFIG"
	cd "$TREES/fe-1"
	expect 0 ao session ls
	has fe-1
}

@test "a spawn killed in the middle is taken back, whole or half; doctor finds a lost record" {
	mkdir "$BOX/bin"
	# git does what it is asked to, and takes ao with it
	cat >"$BOX/bin/git" <<-'S'
		#!/bin/sh
		PATH=${PATH#*:}
		git "$@" || exit
		case "$*" in *" $AT "*) kill -9 $PPID ;; esac
	S
	chmod +x "$BOX/bin/git"
	for AT in clone pack-refs read-tree; do
		run env AT="$AT" PATH="$BOX/bin:$PATH" ao spawn frontend 1
		[ "$status" = 137 ]
		[ -n "$(find "$TREES" -maxdepth 1 -name '.ao-gone-fe-*')" ]
		expect 0 ao doctor --fix
		has "spawn was interrupted"
		[ -z "$(ls -A "$TREES")" ]
		run ! git -C "$REPO" show-ref -q refs/heads/feat/1
	done
	spawn frontend 1
	id=$(ls "$TREES")
	echo precious >"$TREES/$id/precious"
	tmux kill-server
	wait_for 10 is "$id" activity exited
	rm -r "${DATA:?}/$id"
	expect 1 ao doctor
	has "the worktree $TREES/$id has no record"
	expect 0 ao doctor --fix
	[ "$(field "$id" branch)" = feat/1 ]
	[ "$(field "$id" workspace)" = clone ]
	expect 0 ao session kill "$id"
	git -C "$REPO" cat-file -e "$(trash "$id"):precious"
}

@test "poll brings over what the agent committed since, once also where that is refused" {
	FRONTEND='workspace: clone
checks: {test: "test -e good"}' box_config
	spawn frontend 1
	work fe-1 bad
	ao pr create fe-1 >/dev/null
	[ "$(row fe-1 ciStatus)" = failure ]
	ao poll >/dev/null
	work fe-1 good
	expect 0 ao poll
	[ "$(row fe-1 ciStatus)" = success ]
	[ "$(git -C "$REPO" rev-parse refs/ao/pull/1/head)" = "$(git -C "$TREES/fe-1" rev-parse HEAD)" ]
	git -C "$REPO" checkout -q "$(field fe-1 branch)" # now it cannot follow
	work fe-1 more
	expect 1 ao poll
	errs "checked out"
	expect 0 ao poll
	[ -z "$stderr" ]
}
