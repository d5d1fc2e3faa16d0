#!/usr/bin/env bats
load box

@test "a machine in order" {
	spawn frontend 1
	expect 0 ao doctor
	[[ ${output,,} == *git* ]]
	[[ ${output,,} == *tmux* ]]
}

@test "folders that cannot be made or written are problems" {
	touch "$BOX/file"
	printf 'dataDir: %s/data\nworktreeDir: %s\n' "$BOX/file" "$BOX/file" >>"$CONFIG"
	expect 1 ao doctor
	has "✗ dataDir $BOX/file/data: $BOX/file is no folder"
	has "✗ worktreeDir $BOX/file: $BOX/file is no folder"
	box_config
	printf 'worktreeDir: /sys/trees\n' >>"$CONFIG"
	run ao doctor
	[ -w /sys ] || has "✗ worktreeDir /sys/trees: /sys is"
}

@test "without a config it looks at the machine" {
	rm "$CONFIG"
	run ao doctor
	[[ ${output,,} == *git* ]]
}

@test "a missing tmux is named" {
	mkdir "$BOX/bin"
	for p in ao git sh; do ln -s "$(command -v $p)" "$BOX/bin/$p"; done
	run env PATH="$BOX/bin" ao doctor
	[ "$status" -ne 0 ]
	has tmux
}

@test "a part of ao itself that is missing is a problem" {
	mkdir "$BOX/part"
	cp "$AO_BUILD/ao" "$BOX/part/ao"
	for part in run pty serve; do ln -s "$AO_BUILD/ao-$part" "$BOX/part/ao-$part"; done
	expect 1 "$BOX/part/ao" doctor
	has "✗ ao-http: neither $BOX/part/ao-http nor "
}

@test "a git or tmux that is too old is a problem, one without a number is not" {
	rm "$CONFIG"
	mkdir "$BOX/bin"
	says() { # PROGRAM WORDS
		printf '#!/bin/sh\necho "%s"\n' "$2" >"$BOX/bin/$1"
		chmod +x "$BOX/bin/$1"
		PATH=$BOX/bin:$PATH run ao doctor
		echo "$output"
	}
	says git "git version 2.37.9"
	has "install git 2.38 or newer"
	says git "git version 2.38.0-rc1"
	lacks "install git"
	says git "git version 3.0"
	lacks "install git"
	says tmux "tmux 3.1c"
	has "install tmux 3.2 or newer"
	for words in "tmux 3.2a" "tmux next-3.6" "tmux master" "tmux 4.0"; do
		says tmux "$words"
		has "$words"
		lacks "install tmux"
	done
}

@test "a spawn that was killed half-way: shown, mended by --fix, nothing lost" {
	FRONTEND='postCreate: ["echo work >work; touch $BOX/at; exec sleep 60"]' box_config
	ao spawn frontend 42 >"$BOX/out" 2>&1 &
	pid=$!
	wait_for 10 test -e "$BOX/at"
	kill -9 $pid
	wait $pid || true
	[ -n "$(field fe-1 doing)" ]
	expect 0 ao session ls -a
	has fe-1
	for p in $(survivors); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" = sleep ] && kill "$p"
	done
	run ao doctor
	has fe-1
	expect 0 ao doctor --fix
	[ ! -e "$TREES/fe-1" ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 1 ]
	[ -z "$(field fe-1 doing)" ]
	[ "$(git -C "$REPO" show "$(trash fe-1):work")" = work ]
	expect 0 ao doctor --fix
}

@test "--fix throws away trash older than trash.days, and only then" {
	spawn frontend 1
	echo old >"$TREES/fe-1/old"
	ao session kill fe-1
	ref=$(trash fe-1)
	expect 0 ao doctor --fix
	[ "$(trash fe-1)" = "$ref" ]
	AO_TEST_NOW=$(( ($(date +%s) + 31 * 86400) * 1000 )) expect 0 ao doctor
	[ "$(trash fe-1)" = "$ref" ]
	AO_TEST_NOW=$(( ($(date +%s) + 31 * 86400) * 1000 )) expect 0 ao doctor --fix
	[ -z "$(trash fe-1)" ]
}

@test "--fix leaves strangers alone" {
	git -C "$REPO" worktree add -q "$BOX/theirs" -b theirs
	mkdir -p "$TREES/fe-77"
	echo x >"$TREES/fe-77/file"
	tmux new-session -d -s fe-78 cat
	run ao doctor --fix
	[ -e "$TREES/fe-77/file" ]
	in_tmux fe-78
	[ "$(git -C "$REPO" worktree list | wc -l)" = 2 ]
}

@test "a record that cannot be read ends no agent" {
	spawn frontend 1
	mv "$DATA/fe-1/metadata" "$DATA/fe-1/kept"
	ln -s kept "$DATA/fe-1/metadata"
	expect 1 ao doctor --fix
	has "fe-1: cannot read"
	in_tmux fe-1
	mv "$DATA/fe-1/kept" "$DATA/fe-1/metadata"
	expect 0 ao doctor
}

@test "a record that is lost: the worktree gets one again, what lies beside it stays" {
	spawn frontend "say words"
	echo new >"$TREES/fe-1/new"
	signals=$(head -1 "$DATA/fe-1/signals")
	rm "$DATA/fe-1/metadata"
	touch -d '1 minute ago' "$DATA/fe-1"
	expect 1 ao doctor
	has "the worktree $TREES/fe-1 has no record"
	lacks "nothing was made"
	ao doctor --fix
	expect 0 ao doctor
	[ "$(field fe-1 worktree)" = "$TREES/fe-1" ]
	[ "$(cat "$TREES/fe-1/new")" = new ]
	[ "$(head -1 "$DATA/fe-1/signals")" = "$signals" ]
	grep -q "say words" "$DATA/fe-1/prompt.md"
}

@test "a number that was taken and no more: its folder goes, one with more in it stays" {
	mkdir -p "$DATA/fe-8" "$DATA/fe-9"
	touch "$DATA/fe-8/lock" "$DATA/fe-8/prompt.md" "$DATA/fe-9/lock" "$DATA/fe-9/run"
	touch -d '1 minute ago' "$DATA/fe-8" "$DATA/fe-9"
	expect 1 ao doctor --fix
	has "fe-8: its number was taken, but nothing was made"
	has "fe-9: its record and its worktree are gone"
	[ ! -e "$DATA/fe-8" ]
	[ -e "$DATA/fe-9/run" ]
}

@test "a tmux session and a worktree that no record names: ended, and given a record again" {
	spawn frontend 1
	spawn frontend 2
	echo work >"$TREES/fe-1/work"
	rm -rf "$DATA/fe-1"
	expect 1 ao doctor
	has "the tmux session fe-1 is ours, but no record names it"
	has "the worktree $TREES/fe-1 has no record"
	expect 0 ao doctor --fix
	gone_from_tmux fe-1
	in_tmux fe-2
	[ "$(cat "$TREES/fe-1/work")" = work ]
	expect 0 ao session ls
	has "feat/1  [idle]" # nobody starts it, so it is not being started
	expect 0 ao session restore fe-1
	expect 0 ao session kill fe-1
	[ "$(git -C "$REPO" show "$(trash fe-1):work")" = work ]
	expect 0 ao doctor
}

@test "a living session that the hint of closed ones names is listed again" {
	spawn frontend 1
	echo fe-1 >"$DATA/.closed"
	expect 0 ao session ls
	lacks fe-1
	expect 1 ao doctor
	has "fe-1: lists leave it out, as one that has ended"
	expect 0 ao doctor --fix
	expect 0 ao session ls
	has fe-1
	ao session kill fe-1
	FRONTEND='postCreate: ["false"]' box_config
	expect 1 ao spawn frontend 2
	[ "$(paste -sd' ' "$DATA/.closed")" = "fe-1 fe-2" ]
	expect 0 ao doctor
}

@test "a record without its worktree: told; recorded as killed once nothing runs there" {
	spawn frontend 1
	rm -rf "$TREES/fe-1"
	expect 1 ao doctor --fix
	has "its worktree $TREES/fe-1 is gone"
	has "its agent still runs there: ao session kill"
	in_tmux fe-1
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 0 ao doctor --fix
	[ "$(field fe-1 status)" = killed ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 1 ]
	expect 0 ao session undelete fe-1
}

@test "locks of a git that was killed in a worktree of ours go, once they are old" {
	spawn frontend 1
	git=$(git -C "$TREES/fe-1" rev-parse --git-dir)
	touch "$git/index.lock"
	expect 0 ao doctor # somebody may be at it
	touch -d yesterday "$git/index.lock"
	expect 1 ao doctor
	has "fe-1: git left a lock: $git/index.lock"
	expect 0 ao doctor --fix
	[ ! -e "$git/index.lock" ]
}

@test "a kill that was interrupted is one problem, and finished by --fix" {
	FRONTEND='preDestroy: ["touch $BOX/at; exec sleep 60"]' box_config
	spawn frontend 1
	echo work >"$TREES/fe-1/work"
	ao session kill fe-1 >"$BOX/out" 2>&1 &
	pid=$!
	wait_for 10 test -e "$BOX/at"
	kill -TERM $pid
	wait $pid || true
	box_config
	expect 1 ao doctor
	has "fe-1: kill was interrupted"
	errs "ao: 1 problem"
	expect 0 ao doctor --fix
	[ "$(field fe-1 status)" = killed ]
	[ -z "$(ls -A "$TREES")" ]
	[ "$(git -C "$REPO" show "$(trash fe-1):work")" = work ]
}

@test "what a kill of nobody's left is told once, and left alone" {
	mkdir -p "$TREES/.ao-gone-fe-1-abcdef12"
	expect 1 ao doctor --fix
	[ "$(grep -c "ao-gone-fe-1-abcdef12: what a kill had not yet removed" <<<"$output")" = 1 ]
	[ -d "$TREES/.ao-gone-fe-1-abcdef12" ]
}

@test "what checks that died left: named, ended and removed by --fix" {
	FRONTEND='checks: {test: "touch $BOX/at; exec sleep 60"}' box_config
	spawn frontend 1
	git -C "$TREES/fe-1" commit -q --allow-empty -m work
	ao pr create fe-1 >"$BOX/out" 2>&1 &
	pid=$!
	wait_for 10 test -e "$BOX/at"
	expect 0 ao doctor # they run
	kill -9 $pid
	wait $pid || true
	expect 1 ao doctor # the check still does, and nobody looks after it
	has "frontend: what checks or merges that died have left: $HOME/.agent-orchestrator/checks/"
	[ "$(git -C "$REPO" worktree list | wc -l)" = 3 ]
	expect 0 ao doctor --fix
	[ -z "$(ls "$HOME/.agent-orchestrator/checks")" ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 2 ]
	expect 0 ao doctor
	lacks "that died have left"
}

@test "a queued session that nobody started is started, one that waits in vain is named" {
	EXTRA='limits: {maxSessions: 2}' box_config
	spawn frontend 1
	spawn frontend 2
	ao spawn frontend 3 --prompt "the third"
	ao spawn frontend 4 --after fe-2
	expect 0 ao doctor
	lacks queued
	ao session kill fe-2 2>"$BOX/err" # starts the third
	box_config
	expect 0 ao doctor
	has "fe-4: queued in vain: it waits for fe-2, which was killed before it was merged"
	has "ao session kill fe-4"
	ao spawn frontend 5 --after fe-3
	sed -i 's/^after=.*//' "$DATA/fe-5/metadata"
	expect 1 ao doctor
	has "fe-5: it is queued, and nothing holds it up"
	expect 0 ao doctor --fix
	has "fixed: start it"
	ready fe-5
	[ "$(field fe-4 status)" = queued ]
}

@test "an agent of a version that its patterns were not seen on is a note" {
	printf '#!/bin/sh\necho "1.9 (Stand-in)"\n' >"$BOX/agent"
	chmod +x "$BOX/agent"
	AGENT=$BOX/agent box_config
	sed -i 's/^    process: standin/&\n    versions: ">=2.1"/' "$CONFIG"
	expect 0 ao doctor
	has "agent standin is of version 1.9 (Stand-in)"
	has "its screens were seen on >=2.1"
	sed -i 's/">=2.1"/">=1.2"/' "$CONFIG"
	expect 0 ao doctor
	lacks "is of version"
}
