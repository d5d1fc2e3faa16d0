#!/usr/bin/env bats
load box

whole_life() { # spawn, dirty, kill, undelete, restore, kill
	spawn frontend 42
	echo dirt >"$TREES/fe-1/dirt"
	expect 0 ao session kill fe-1
	[ "$(git -C "$REPO" show "$(trash fe-1):dirt")" = dirt ]
	expect 0 ao session undelete fe-1
	[ "$(cat "$TREES/fe-1/dirt")" = dirt ]
	expect 0 ao session restore fe-1
	ready fe-1
	expect 0 ao session kill fe-1
}

@test "no commits yet: one clear line, nothing made" {
	rm -rf "$REPO"
	git init -q -b main "$REPO"
	run --separate-stderr ao spawn frontend
	[ "$status" -ne 0 ]
	errs commit
	[ "$(echo "$stderr" | wc -l)" -le 2 ]
	[ ! -e "$TREES/fe-1" ]
}

@test "not a repository" {
	rm -rf "$REPO/.git"
	run --separate-stderr ao spawn frontend
	[ "$status" -ne 0 ]
	errs "$REPO"
	[ ! -e "$TREES/fe-1" ]
}

@test "bare" {
	git clone -q --bare "$REPO" "$BOX/bare.git"
	git -C "$BOX/bare.git" remote remove origin
	sed -i "s|path: $REPO|path: $BOX/bare.git|" "$CONFIG"
	REPO=$BOX/bare.git
	whole_life
}

@test "submodules with changes of their own" {
	make_repo "$BOX/lib"
	git -C "$REPO" -c protocol.file.allow=always submodule -q add "$BOX/lib" lib
	git -C "$REPO" commit -qm lib
	spawn frontend 42
	git -C "$TREES/fe-1" -c protocol.file.allow=always submodule -q update --init
	echo changed >"$TREES/fe-1/lib/README"
	expect 0 ao session kill fe-1
	kept=$(ls -d "$TREES"/fe-1.kept-* 2>/dev/null || true)
	if [ -n "$kept" ]; then
		[ "$(cat "$kept/lib/README")" = changed ]
	fi
	expect 0 ao session undelete fe-1
	[ "$(cat "$TREES/fe-1/lib/README")" = changed ]
}

@test "sparse checkout" {
	git -C "$REPO" config core.sparseCheckout true
	mkdir -p "$REPO/.git/info"
	printf '/*\n!/src/\n' >"$REPO/.git/info/sparse-checkout"
	spawn frontend 42
	git -C "$TREES/fe-1" sparse-checkout set --no-cone '/*' '!/src/' || true
	mkdir -p "$TREES/fe-1/src"
	echo dirt >"$TREES/fe-1/src/dirt"
	expect 0 ao session kill fe-1
	ref=$(trash fe-1)
	[ "$(git -C "$REPO" show "$ref:src/dirt")" = dirt ]
	git -C "$REPO" cat-file -e "$ref:src/main.c"
}

@test "the project is itself a linked worktree" {
	git -C "$REPO" worktree add -q "$BOX/linked" -b linked
	sed -i "s|path: $REPO|path: $BOX/linked|" "$CONFIG"
	whole_life
}

@test "without user.name and without a global config" {
	unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
	git -C "$REPO" config user.useConfigOnly true
	whole_life
}

@test "a branch that is checked out elsewhere is not taken" {
	git -C "$REPO" worktree add -q "$BOX/elsewhere" -b feat/42
	expect 0 ao spawn frontend 42
	has "feat/42-2"
	run --separate-stderr ao spawn frontend --branch feat/42
	[ "$status" -ne 0 ]
	[ -d "$BOX/elsewhere/src" ]
}

@test "a locked worktree, and one of a stranger whose disk is away, stay known to git" {
	git -C "$REPO" worktree add -q "$BOX/locked" -b locked
	git -C "$REPO" worktree lock "$BOX/locked"
	git -C "$REPO" worktree add -q "$BOX/away" -b away
	mv "$BOX/away" "$BOX/unplugged"
	whole_life
	ao doctor --fix || true
	git -C "$REPO" worktree list | grep -q "$BOX/locked"
	git -C "$REPO" worktree list | grep -q "$BOX/away"
}

@test "our own worktree locked by somebody" {
	spawn frontend 42
	git -C "$REPO" worktree lock "$TREES/fe-1"
	echo dirt >"$TREES/fe-1/dirt"
	run ao session kill fe-1
	if [ "$status" = 0 ]; then
		[ "$(git -C "$REPO" show "$(trash fe-1):dirt")" = dirt ]
	else
		[ "$(cat "$TREES/fe-1/dirt")" = dirt ]
	fi
}

@test "line ends, filters and attributes do not change saved bytes" {
	printf '* text=auto eol=crlf\n' >"$REPO/.gitattributes"
	git -C "$REPO" config core.autocrlf true
	git -C "$REPO" add -A
	git -C "$REPO" commit -qm attributes
	spawn frontend 42
	printf 'mixed\r\nends\nhere\r' >"$TREES/fe-1/mixed"
	printf 'a\nb\n' >"$TREES/fe-1/README"
	sum=$(md5sum <"$TREES/fe-1/mixed")
	sum2=$(md5sum <"$TREES/fe-1/README")
	ao session kill fe-1
	ao session undelete fe-1
	[ "$(md5sum <"$TREES/fe-1/mixed")" = "$sum" ]
	[ "$(md5sum <"$TREES/fe-1/README")" = "$sum2" ]
}

@test "in the middle of a merge" {
	git -C "$REPO" checkout -qb other
	echo theirs >"$REPO/README"
	git -C "$REPO" commit -qam theirs
	git -C "$REPO" checkout -q main
	spawn frontend 42
	echo ours >"$TREES/fe-1/README"
	git -C "$TREES/fe-1" commit -qam ours
	run ! git -C "$TREES/fe-1" merge -q other
	cp "$TREES/fe-1/README" "$BOX/conflict"
	expect 0 ao session kill fe-1
	[ -n "$(trash fe-1)" ]
	expect 0 ao session undelete fe-1
	cmp "$TREES/fe-1/README" "$BOX/conflict"
}

@test "assume-unchanged files are saved" {
	spawn frontend 42
	git -C "$TREES/fe-1" update-index --assume-unchanged README
	echo hidden >"$TREES/fe-1/README"
	ao session kill fe-1
	[ "$(git -C "$REPO" show "$(trash fe-1):README")" = hidden ]
}

@test "a stale index.lock does not stop a kill for ever" {
	spawn frontend 42
	echo dirt >"$TREES/fe-1/dirt"
	touch "$(git -C "$TREES/fe-1" rev-parse --git-dir)/index.lock"
	run timeout 60 ao session kill fe-1
	if [ "$status" != 0 ]; then
		[ "$(cat "$TREES/fe-1/dirt")" = dirt ]
		ao doctor --fix || true
		rm -f "$(git -C "$TREES/fe-1" rev-parse --git-dir)/index.lock"
		expect 0 ao session kill fe-1
	fi
	[ "$(git -C "$REPO" show "$(trash fe-1):dirt")" = dirt ]
}

@test "many files" {
	spawn frontend 42
	mkdir "$TREES/fe-1/many"
	(cd "$TREES/fe-1/many" && seq 3000 | xargs touch && for i in 1 2 3; do echo $i >$i; done)
	expect 0 ao session kill fe-1
	[ "$(git -C "$REPO" ls-tree -r --name-only "$(trash fe-1)" many | wc -l)" = 3000 ]
}
