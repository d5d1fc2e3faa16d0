#!/usr/bin/env bats
load box

@test "paths and names with spaces, quotes and formats" {
	odd="$HOME/code/it's \"odd\" \$(touch canary) #{pane_id} #(touch $BOX/canary)"
	make_repo "$odd"
	REPO=$odd
	cat >"$CONFIG" <<-Y
		name: box
		worktreeDir: "$HOME/work trees #(touch $BOX/canary2)"
		agents: {standin: {command: [standin, --turn-ms, "50", "{prompt}"], process: standin, send: {clear: [C-u]}}}
		defaults: {agent: standin}
		projects:
		  frontend:
		    path: |-
		      $odd
		    sessionPrefix: fe
	Y
	spawn frontend 42
	expect 0 ao send fe-1 "hello"
	echo x >"$HOME/work trees #(touch $BOX/canary2)/fe-1/new"
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 0 ao session restore fe-1
	expect 0 ao session kill fe-1
	expect 0 ao session undelete fe-1
	[ "$(cat "$HOME/work trees #(touch $BOX/canary2)/fe-1/new")" = x ]
	[ ! -e "$BOX/canary" ]
	[ ! -e "$BOX/canary2" ]
	[ ! -e canary ]
}

@test "session names that are no ids" {
	spawn frontend
	for id in '../fe-1' 'fe-1/..' '' '.' '-x' 'fe-1;ls' 'fe-1 ' "fe-1'" '$(ls)' 'fe*' '=fe-1' 'fe-1:' "$(printf 'a%.0s' $(seq 100))"; do
		for verb in "session kill" "send" "session restore" "session undelete" "status --why" "session show"; do
			# shellcheck disable=SC2086
			run ao $verb -- "$id" text
			[ "$status" -ne 0 ] || { echo "$verb '$id'"; return 1; }
			[ "$status" -lt 100 ]
		done
	done
	in_tmux fe-1
	[ -d "$TREES/fe-1" ]
}

@test "a worktree's .git that an agent rewrote is not followed" {
	spawn frontend 1
	make_repo "$BOX/trap"
	git -C "$BOX/trap" config core.fsmonitor "touch $BOX/canary; false"
	git -C "$BOX/trap" config alias.status "!touch $BOX/canary"
	echo work >"$TREES/fe-1/work"
	rm "$TREES/fe-1/.git"
	echo "gitdir: $BOX/trap/.git" >"$TREES/fe-1/.git"
	ao session ls >/dev/null
	ao status >/dev/null
	run ao session kill fe-1
	[ ! -e "$BOX/canary" ]
	[ -d "$BOX/trap/.git" ]
	[ "$(git -C "$BOX/trap" log -1 --format=%s)" = first ]
	if [ "$status" = 0 ]; then
		[ "$(git -C "$REPO" show "$(trash fe-1):work")" = work ]
	else
		[ "$(cat "$TREES/fe-1/work")" = work ]
	fi
}

@test "links in a worktree lead nowhere on removal" {
	spawn frontend 1
	mkdir "$BOX/precious"
	echo x >"$BOX/precious/file"
	ln -s "$BOX/precious" "$TREES/fe-1/link"
	mkdir "$TREES/fe-1/dir"
	ln -s "$BOX/precious" "$TREES/fe-1/dir/link.o"
	expect 0 ao session kill fe-1
	[ "$(cat "$BOX/precious/file")" = x ]
	[ ! -e "$TREES/fe-1" ]
}

@test "a worktree replaced by a link: what it points to stays" {
	spawn frontend 1
	mkdir "$BOX/precious"
	echo x >"$BOX/precious/file"
	mv "$TREES/fe-1" "$BOX/moved"
	ln -s "$BOX/precious" "$TREES/fe-1"
	run ao session kill fe-1
	[ "$(cat "$BOX/precious/file")" = x ]
}

@test "the agent's title and screen cannot reach the terminal" {
	cat >"$BOX/painter" <<-'S'
		#!/bin/sh
		printf '\033]2;title \033[31m\007\033[2Jred'
		ao hook start </dev/null; ao hook stop </dev/null
		exec cat
	S
	chmod +x "$BOX/painter"
	AGENT=$BOX/painter box_config
	ao spawn frontend
	wait_for 5 is fe-1 activity ready
	for words in "session ls" status "status --why fe-1" "session show fe-1" events "status --json"; do
		# shellcheck disable=SC2086
		run ao $words
		[[ $output != *$'\e'* ]]
	done
}

@test "git's environment of the caller does not lead astray" {
	export GIT_DIR=$HOME/code/backend/.git GIT_WORK_TREE=$HOME/code/backend
	expect 0 ao spawn frontend 42
	unset GIT_DIR GIT_WORK_TREE
	[ -n "$(git -C "$REPO" branch --list feat/42)" ]
	[ -z "$(git -C "$HOME/code/backend" branch --list feat/42)" ]
}

@test "issue and branch words that look like options or refs" {
	for issue in '--upload-pack=touch canary' '-x' '@{-1}' '..' 'a..b' 'x.lock' 'HEAD' '~1' $'new\nline' '/etc/passwd'; do
		run timeout 60 ao spawn frontend -- "$issue"
		[ "$status" -lt 10 ]
	done
	[ ! -e canary ]
	git -C "$REPO" fsck --no-dangling
	expect 0 ao session ls
}

@test "the disk is full: nothing torn, nothing lied about" {
	[ "$(id -u)" = 0 ] && mkdir "$BOX/small" && mount -t tmpfs -o size=256k,mode=700 none "$BOX/small" 2>/dev/null || skip "needs root and tmpfs"
	sed -i "1a dataDir: $BOX/small/data\nlimits: {freeDisk: 0}" "$CONFIG"
	DATA=$BOX/small/data/sessions/box
	spawn frontend 1
	echo x >"$TREES/fe-1/new"
	head -c 1000000 /dev/zero >"$BOX/small/fill" 2>/dev/null || true
	run ao session kill fe-1
	full=$status
	run ao session ls
	listed=$status
	rm "$BOX/small/fill"
	run ao session kill fe-1
	again=$status
	cp -r "$BOX/small/data" "$BOX/copy"
	umount -l "$BOX/small"
	echo "$full $listed $again"
	[ "$listed" = 0 ]
	[ "$again" = 0 ]
	[ "$(git -C "$REPO" show "$(trash fe-1 | head -1):new")" = x ]
}

@test "few descriptors: an error, no accident" {
	spawn frontend 1
	for n in 4 5 6 8 10 12 16; do
		(ulimit -n $n; timeout 60 ao session ls >"$BOX/o" 2>&1) || rc=$?
		[ "${rc:-0}" -lt 10 ]
	done
	expect 0 ao session ls
	has fe-1
}
