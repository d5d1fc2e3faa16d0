#!/usr/bin/env bats
load box

@test "spawn prints id, worktree, branch and how to attach" {
	expect 0 ao spawn frontend 42
	[ "$output" = "✓ Session fe-1 spawned for issue #42
  Worktree: $TREES/fe-1
  Branch:   feat/42
  Attach:   tmux attach -t fe-1" ]
	[ "$(git -C "$TREES/fe-1" symbolic-ref --short HEAD)" = feat/42 ]
	[ "$(cat "$TREES/fe-1/README")" = one ]
	in_tmux fe-1
}

@test "the record begins with the page's keys and is private" {
	spawn frontend 42
	run cut -d= -f1 "$DATA/fe-1/metadata"
	[ "$(printf '%s\n' "${lines[@]:0:5}" | paste -sd' ')" = "id projectId status branch issueId" ]
	[ "$(field fe-1 id)" = fe-1 ]
	[ "$(field fe-1 projectId)" = frontend ]
	[ "$(field fe-1 issueId)" = 42 ]
	[[ $(field fe-1 createdAt) =~ ^20[0-9][0-9]-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$ ]]
	[ "$(stat -c %a "$DATA/fe-1/metadata")" = 600 ]
	[ "$(stat -c %a "$HOME/.agent-orchestrator")" = 700 ]
	[ -z "$(find "$HOME/.agent-orchestrator" -type f -perm /077)" ]
	[ -z "$(find "$HOME/.agent-orchestrator" -type d -perm /077)" ]
	[ -z "$(field fe-1 doing)" ]
}

@test "without an issue the branch is session/<id>" {
	expect 0 ao spawn frontend
	[ "${lines[0]}" = "✓ Session fe-1 spawned" ]
	has "  Branch:   session/fe-1"
}

@test "words make a slug" {
	expect 0 ao spawn frontend "Fix the Login: it's broken, since Ünïcode & \$(date) came"
	[[ "$(field fe-1 branch)" =~ ^feat/fix-the-login[a-z0-9-]*$ ]]
	branch=$(field fe-1 branch)
	[ $((${#branch} - 5)) -le 60 ]
}

@test "the project: first word, folder, AO_PROJECT_ID, else the choice is shown" {
	expect 0 ao spawn backend 7
	has "✓ Session api-1 spawned for issue #7"
	cd "$REPO/src"
	expect 0 ao spawn 8
	has "✓ Session fe-1 spawned for issue #8"
	cd "$HOME"
	AO_PROJECT_ID=backend expect 0 ao spawn 9
	has "Session api-2 spawned"
	run ao spawn 10
	[ "$status" -ne 0 ]
	has frontend
	has backend
}

@test "an unknown project: exit 4" {
	expect 4 ao spawn -p nowhere 10
	errs nowhere
	expect 4 ao session ls -p nowhere
}

@test "numbers are never used again" {
	spawn frontend
	ao session kill fe-1
	expect 0 ao spawn frontend
	has "Session fe-2"
	ao session kill fe-2
	rm "$DATA/.next"
	expect 0 ao spawn frontend
	has "Session fe-3"
}

@test "a number whose path or tmux name is anybody's is burnt" {
	mkdir -p "$TREES/fe-1"
	echo precious >"$TREES/fe-1/file"
	tmux new-session -d -s fe-2 'sleep 100'
	expect 0 ao spawn frontend
	has "Session fe-3"
	[ "$(cat "$TREES/fe-1/file")" = precious ]
	in_tmux fe-2
}

@test "a taken branch gets a number, a branch that is a folder's name a dash" {
	git -C "$REPO" branch feat/42
	expect 0 ao spawn frontend 42
	has "Branch:   feat/42-2"
	git -C "$REPO" branch feat/43
	git -C "$HOME/code/backend" branch feat
	expect 0 ao spawn backend 42
	has "Branch:   feat-42"
}

@test "others are quicker with the branch's name, eight times in a row: the ninth is ours" {
	mkdir "$BOX/bin"
	# git after another spawn that was just before it
	cat >"$BOX/bin/git" <<-'S'
		#!/bin/bash
		PATH=${PATH#*:}
		words="$*"
		case $words in *"worktree add "*" -b "*)
			name=${words#* -b } lost=$(cat "$BOX/lost" 2>/dev/null || echo 0)
			if [ "$lost" -lt 8 ]; then
				env -u GIT_DIR git -C "$HOME/code/frontend" branch "${name%% *}"
				echo $((lost + 1)) >"$BOX/lost"
			fi ;;
		esac
		exec git "$@"
	S
	chmod +x "$BOX/bin/git"
	PATH=$BOX/bin:$PATH expect 0 ao spawn frontend 42
	[ "$(cat "$BOX/lost")" = 8 ]
	has "Branch:   feat/42-9"
}

@test "--branch is taken as it is or not at all" {
	expect 0 ao spawn frontend --branch my/own
	has "Branch:   my/own"
	run --separate-stderr ao spawn frontend --branch my/own
	[ "$status" -ne 0 ]
	[[ $stderr == *my/own* ]]
	[ ! -e "$TREES/fe-2" ]
	run ao spawn frontend --branch '../../x'
	[ "$status" -ne 0 ]
	run ao spawn frontend --branch '-d'
	[ "$status" -ne 0 ]
}

@test "--base is where the branch starts" {
	first=$(git -C "$REPO" rev-parse HEAD)
	git -C "$REPO" commit -q --allow-empty -m second
	expect 0 ao spawn frontend --base "$first"
	[ "$(git -C "$TREES/fe-1" rev-parse HEAD)" = "$first" ]
	run ao spawn frontend --base no/such/ref
	[ "$status" -ne 0 ]
	[ ! -e "$TREES/fe-2" ]
}

@test "an agent whose program is missing: nothing is made" {
	AGENT=no-such-agent box_config
	expect 1 ao spawn frontend 42
	errs no-such-agent
	[ ! -e "$TREES/fe-1" ]
	[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
	run ! tmux has-session
	expect 0 ao session ls -a --json
	[ "$(echo "$output" | jq length)" = 0 ]
}

@test "an agent that ends at once with an error is errored, its code is kept" {
	printf '#!/bin/sh\nexit 7\n' >"$BOX/dies"
	chmod +x "$BOX/dies"
	AGENT=$BOX/dies box_config
	run ao spawn frontend 42
	wait_for 10 is fe-1 activity exited
	is fe-1 status errored
	[ "$(sed -n 's/^code=//p' "$DATA/fe-1/exit")" = 7 ]
}

@test "the prompt reaches the agent byte for byte" {
	printf 'Say "it'"'"'s done"; $(touch %s/canary) `id`\n\n  -- two\\nlines; é 漢\n' "$BOX" >"$BOX/prompt"
	spawn frontend --prompt-file "$BOX/prompt"
	wait_for 5 took fe-1 1
	heard fe-1 "Say \"it's done\"; \$(touch $BOX/canary) \`id\`"
	heard fe-1 '  -- two\nlines; é 漢'
	[ ! -e "$BOX/canary" ]
	expect 2 ao spawn frontend --prompt a --prompt-file "$BOX/prompt"
}

@test "the agent's environment is the caller's, without ours and git's" {
	cat >"$BOX/envdump" <<-'S'
		#!/bin/sh
		env >"$BOX/env.$AO_SESSION.new"; pwd >"$BOX/pwd"; mv "$BOX/env.$AO_SESSION.new" "$BOX/env.$AO_SESSION"
		exec cat
	S
	chmod +x "$BOX/envdump"
	AGENT=$BOX/envdump box_config
	tmux new-session -d -s old 'cat' # a server with an old environment
	MINE=yes GIT_DIR=/nowhere GIT_INDEX_FILE=/x AO_PORT_9=1 AO_SESSION_DIR=/x COLUMNS=3 expect 0 ao spawn frontend
	wait_for 5 test -s "$BOX/env.fe-1"
	run cat "$BOX/env.fe-1"
	has "MINE=yes"
	has "AO_SESSION=fe-1"
	has "AO_PROJECT_ID=frontend"
	has "AO_NAMESPACE=box"
	has "AO_SESSION_DIR=$DATA/fe-1"
	has "AO_CONFIG_PATH=$CONFIG"
	has "TMUX="
	lacks GIT_DIR=
	lacks GIT_INDEX_FILE=
	lacks AO_PORT_9
	lacks AO_KEEP
	run ! grep -qx COLUMNS=3 "$BOX/env.fe-1"
	[ "$(cat "$BOX/pwd")" = "$TREES/fe-1" ]
	bin=$(sed -n 's/^AO_BIN=//p' "$BOX/env.fe-1")
	"$bin" version
	[ ! -e "$DATA/fe-1/launch" ]
}

@test "ao is on the agent's PATH, whatever the project makes of that" {
	FRONTEND="env: {PATH: \"$BOX/tools:/usr/bin:/bin\"}" AGENT="standin --turn-ms 50" box_config
	spawn frontend --prompt "run: command -v ao >$BOX/found; echo \$PATH >>$BOX/found"
	wait_for 10 took fe-1 1
	wait_for 10 grep -q tools "$BOX/found"
	[ "$(head -1 "$BOX/found")" = "$AO_BUILD/ao" ]
	[ "$(tail -1 "$BOX/found")" = "$AO_BUILD:$BOX/tools:/usr/bin:/bin" ]
}

@test "secrets of the environment are in no argv and not in tmux" {
	TOKEN=s3cret-canary spawn frontend
	run ! grep -aqs s3cret-canary /proc/[0-9]*/cmdline
	run -0 tmux show-environment -t =fe-1
	lacks canary
	run ! grep -rqs s3cret-canary "$HOME/.agent-orchestrator"
}

@test "spawning, then working, then idle" {
	ao spawn frontend --prompt "$HELD"
	wait_for 5 is fe-1 status working
	is fe-1 activity active
	touch "$BOX/go"
	wait_for 10 is fe-1 activity ready
	is fe-1 status idle
}

@test "symlinks, copies and postCreate" {
	mkdir "$REPO/node_modules"
	echo s3cret >"$REPO/.env"
	echo dep >"$REPO/node_modules/dep"
	FRONTEND='symlinks: [node_modules]
copy: [.env]
postCreate: ["echo $PWD >made", "echo two >>made"]' box_config
	spawn frontend
	[ -L "$TREES/fe-1/node_modules" ]
	[ "$(cat "$TREES/fe-1/.env")" = s3cret ]
	[ "$(cat "$TREES/fe-1/made")" = "$TREES/fe-1
two" ]
}

@test "a failing postCreate takes everything back" {
	FRONTEND='postCreate: ["echo left >left", "exit 9"]' box_config
	expect 1 ao spawn frontend 42
	errs "exit 9"
	[ ! -e "$TREES/fe-1" ]
	[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
	[ "$(git -C "$REPO" worktree list | wc -l)" = 1 ]
	gone_from_tmux fe-1
	[ -z "$(field fe-1 doing)" ]
	FRONTEND='' box_config
	expect 0 ao spawn frontend 42
	has "Branch:   feat/42"
	has "Session fe-2"
}

@test "interrupted: exit 130, and what was made is taken back" {
	FRONTEND='postCreate: ["touch $BOX/at; exec sleep 60"]' box_config
	ao spawn frontend 42 2>"$BOX/err" &
	pid=$!
	wait_for 10 test -e "$BOX/at"
	kill -INT $pid
	rc=0
	wait $pid || rc=$?
	cat "$BOX/err"
	[ $rc = 130 ]
	[ ! -e "$TREES/fe-1" ]
	[ -z "$(git -C "$REPO" branch --list 'feat/*')" ]
}

@test "over limits.maxSessions a spawn waits its turn" {
	EXTRA='limits: {maxSessions: 1}' box_config
	spawn frontend 1
	expect 0 ao spawn frontend 2 --prompt "second one"
	has fe-2
	[ "$(field fe-2 status)" = queued ]
	[ ! -e "$TREES/fe-2" ]
	expect 0 ao session ls
	has queued
	for verb in "send fe-2 hi" "open fe-2" "session attach fe-2"; do
		# shellcheck disable=SC2086
		expect 1 ao $verb
		[ "$stderr" = "ao: fe-2 is queued and not started yet; what it waits for: ao status --why fe-2" ]
	done
	ao session kill fe-1
	for verb in "open fe-1" "session attach fe-1"; do
		# shellcheck disable=SC2086
		expect 1 ao $verb
		errs "ao session undelete fe-1"
	done
	ready fe-2
	wait_for 5 heard fe-2 "second one"
	[ -d "$TREES/fe-2" ]
}

@test "--json" {
	expect 0 ao spawn frontend 42 --json
	[ "$(echo "$output" | jq -r .name)" = fe-1 ]
	[ "$(echo "$output" | jq -r .branch)" = feat/42 ]
	[ "$(echo "$output" | jq -r .worktree)" = "$TREES/fe-1" ]
}

@test "a new branch starts at origin's default branch, fetched" {
	git clone -q --bare "$REPO" "$BOX/origin.git"
	git -C "$REPO" remote add origin "$BOX/origin.git"
	git -C "$REPO" fetch -q
	git clone -q "$BOX/origin.git" "$BOX/other"
	git -C "$BOX/other" commit -q --allow-empty -m theirs
	git -C "$BOX/other" push -q
	expect 0 ao spawn frontend
	[ "$(git -C "$TREES/fe-1" log -1 --format=%s)" = theirs ]
	[ "$(git -C "$REPO" log -1 --format=%s main)" = first ]
}

@test "offline is a warning" {
	git clone -q --bare "$REPO" "$BOX/origin.git"
	git -C "$REPO" remote add origin "$BOX/origin.git"
	git -C "$REPO" fetch -q
	mv "$BOX/origin.git" "$BOX/away"
	expect 0 ao spawn frontend
	errs fetch
	errs "does not appear to be a git repository" # the cause, not git's advice below it
	[ -d "$TREES/fe-1" ]
}

@test "batch-spawn: created, skipped, failed" {
	spawn frontend 1
	expect 0 ao batch-spawn frontend 1 2 3
	has fe-2
	has fe-3
	[[ ${output,,} == *skipped* ]]
	[ "$(ao session ls --json -p frontend | jq length)" = 3 ]
	EXTRA='' AGENT=no-such-agent box_config
	expect 1 ao batch-spawn frontend 8 9
}

@test "batch-spawn tells what each spawn warns of" {
	ao issue create -p frontend bread
	ao issue close -p frontend 1
	expect 0 ao batch-spawn frontend 1 99
	has "2 created"
	errs "ao: warning: 1: issue #1 is closed"
	errs "ao: warning: 99: the tracker of frontend has no issue #99: taken as a task of its own"
}

@test "a project's name mistyped before a number is not taken for a task" {
	for verb in spawn batch-spawn; do
		expect 4 ao $verb frontent 42
		errs "no project 'frontent' (did you mean 'frontend'?)"
	done
	expect 4 ao batch-spawn frontent 42 '#43'
	expect 0 ao spawn -p frontend frontent 42
	expect 0 ao batch-spawn -p frontend frontend 7
	has "1 created"
	[ "$(ao session ls --json | jq length)" = 2 ]
}

@test "nothing global is set in tmux, our mark is on our session alone" {
	tmux new-session -d -s mine cat
	tmux show-options -g >"$BOX/before"
	tmux show-options -s >>"$BOX/before"
	spawn frontend
	tmux show-options -g >"$BOX/after"
	tmux show-options -s >>"$BOX/after"
	diff "$BOX/before" "$BOX/after"
	[ "$(tmux show-options -t =mine: | wc -l)" = 0 ]
	[ "$(tmux show-options -v -t =fe-1: destroy-unattached)" = off ]
}

@test "the server that spawn started holds no file of ours" {
	spawn frontend
	pid=$(tmux display-message -p '#{pid}')
	run find "/proc/$pid/fd" -printf '%l\n'
	has /dev/null
	lacks agent-orchestrator
}

@test "an issue that another session is at: said, with its name; not once that is killed" {
	spawn frontend 42
	spawn backend 42
	expect 0 ao spawn frontend '#42'
	errs "ao: warning: fe-1 has issue #42 already ("
	errs "fe-2 works on it beside that"
	[[ $stderr != *api-1* ]]
	[ "$(field fe-2 branch)" = feat/42-2 ]
	expect 0 ao spawn frontend
	[ -z "$stderr" ]
	ao session kill fe-1 fe-2 >/dev/null
	expect 0 ao spawn frontend 42
	[ -z "$stderr" ]
}

@test "batch: an issue named twice gets one session" {
	expect 0 ao batch-spawn frontend 41 '#41' 42 41
	has "2 created, 2 skipped, 0 failed"
	[ "$(ao session ls --json | jq length)" = 2 ]
}

@test "an empty word is no issue: exit 2, nothing made" {
	expect 2 ao spawn frontend ""
	errs "the issue is empty"
	expect 2 ao batch-spawn frontend 41 ""
	expect 0 ao session ls --json
	[ "$output" = "[]" ]
}
