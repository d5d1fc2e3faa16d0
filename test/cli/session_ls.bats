#!/usr/bin/env bats
load box

# A record by hand: ID STATUS BRANCH SECONDS-AGO [more lines]
record() {
	local at
	at=$(date -u -d "@$((1792600000 - $4))" +%FT%TZ)
	mkdir -p "$DATA/$1"
	git -C "$REPO" worktree add -q --detach "$TREES/$1"
	git -C "$TREES/$1" symbolic-ref HEAD "refs/heads/$3" 2>/dev/null || true
	printf 'id=%s\nprojectId=frontend\nstatus=%s\nbranch=%s\ncreatedAt=%s\nlastActivityAt=%s\nworktree=%s\n%s' \
		"$1" "$2" "$3" "$at" "$at" "$TREES/$1" "${5:-}" >"$DATA/$1/metadata"
}

@test "without any session, each project says so" {
	expect 0 ao session ls
	[ "$output" = "Frontend:
  (no active sessions)

Backend:
  (no active sessions)" ]
	[ ! -e "$HOME/.agent-orchestrator" ]
	run ! tmux has-session
}

@test "a line as on the page" {
	export AO_TEST_NOW=1792600000000
	record fe-1 idle feat/add-login 125
	record fe-2 idle feat/dashboard 300
	expect 0 ao session ls
	[ "${lines[0]}" = "Frontend:" ]
	[[ "${lines[1]}" =~ ^\ \ fe-1\ \ \(2m\ ago\)\ \ feat/add-login\ \ \[[a-z_]+\]$ ]]
	[[ "${lines[2]}" =~ ^\ \ fe-2\ \ \(5m\ ago\)\ \ feat/dashboard\ \ \[[a-z_]+\]$ ]]
	[ "${lines[3]}" = "Backend:" ]
	[ "${lines[4]}" = "  (no active sessions)" ]
}

@test "ages are floored: s m h d" {
	export AO_TEST_NOW=1792600000000
	record fe-1 idle a 59
	record fe-2 idle b 119
	record fe-3 idle c 7199
	record fe-4 idle d 172799
	expect 0 ao session ls
	has "(59s ago)"
	has "(1m ago)"
	has "(1h ago)"
	has "(1d ago)"
}

@test "sorted as numbers" {
	record fe-10 idle a 1
	record fe-9 idle b 1
	record fe-100 idle c 1
	expect 0 ao session ls --json
	[ "$(echo "$output" | jq -r '.[].name' | paste -sd' ')" = "fe-9 fe-10 fe-100" ]
}

@test "-p shows one project alone" {
	spawn frontend
	spawn backend
	expect 0 ao session ls -p backend
	has "Backend:"
	has api-1
	lacks Frontend
	lacks fe-1
}

@test "--json: a bare array, name first" {
	spawn frontend 42
	expect 0 ao session ls --json
	[ "$(echo "$output" | jq -r 'type')" = array ]
	[ "$(echo "$output" | jq -r '.[0] | keys_unsorted | join(" ")')" = \
		"name project branch status pr prNumber issue agent activity lastActivity lastActivityAt createdAt worktree attach role" ]
	[ "$(echo "$output" | jq -r '.[0].name')" = fe-1 ]
	[ "$(echo "$output" | jq -r '.[0].pr')" = null ]
	[ "$(echo "$output" | jq -r '.[0].attach')" = "tmux attach -t fe-1" ]
	[[ "$(echo "$output" | jq -r '.[0].lastActivity')" =~ ^[0-9]+[smhd]\ ago$ ]]
}

@test "an empty list is an empty array" {
	expect 0 ao session ls --json
	[ "$(echo "$output" | jq -c .)" = "[]" ]
	expect 0 ao status --json
	[ "$(echo "$output" | jq -c .)" = "[]" ]
}

@test "killed ones are in -a alone" {
	spawn frontend
	ao session kill fe-1
	expect 0 ao session ls
	lacks fe-1
	expect 0 ao session ls -a
	has fe-1
	has "[killed]"
}

@test "reading changes nothing and starts at most one tmux" {
	spawn frontend --prompt "go"
	echo dirty >"$TREES/fe-1/new"
	tmux kill-session -t =fe-1
	spawn backend
	wait_for 5 test -e "$DATA/fe-1/exit"
	wait_for 5 is fe-1 activity exited
	picture >"$BOX/before"
	ao session ls >/dev/null
	ao session ls -a --json >/dev/null
	ao session ls --refresh >/dev/null
	ao status >/dev/null
	ao status --json >/dev/null
	picture >"$BOX/after"
	diff "$BOX/before" "$BOX/after"
	for words in "session ls" "session ls --refresh" "status" "status --json" "session ls -a"; do
		# shellcheck disable=SC2086
		strace -f -e trace=execve -o "$BOX/trace" ao $words >/dev/null
		[ "$(grep -c 'execve(.*tmux.* = 0' "$BOX/trace")" -le 1 ]
		[ "$(grep -c 'execve(.* = 0' "$BOX/trace")" -le 2 ]
	done
}

@test "works without tmux on PATH and without its server" {
	spawn frontend
	mkdir "$BOX/bin"
	ln -s "$AO_BUILD/ao" "$BOX/bin/ao"
	expect 0 env PATH="$BOX/bin" ao session ls
	has fe-1
	lacks errored
	lacks killed
	before=$(cat "$DATA/fe-1/metadata")
	TMUX_TMPDIR=$BOX/elsewhere expect 0 ao session ls
	has fe-1
	lacks errored
	[ "$before" = "$(cat "$DATA/fe-1/metadata")" ]
}

@test "the older layout and spellings are read, and kept by a read" {
	mkdir -p "$DATA"
	git -C "$REPO" worktree add -q --detach "$TREES/fe-7"
	printf 'project=frontend\nstatus=working\nbranch=old/one\nissue=12\nworktree=%s\n' "$TREES/fe-7" >"$DATA/fe-7"
	expect 0 ao session ls
	has "  fe-7  (-)  old/one  [working]" # as last recorded: nothing tells whether it runs
	expect 0 ao session ls --json
	[ "$(echo "$output" | jq -r '.[0].name, .[0].branch, .[0].issue' | paste -sd' ')" = "fe-7 old/one 12" ]
	[ -f "$DATA/fe-7" ]
}

@test "a broken line costs that line, with a warning that names it" {
	record fe-1 idle feat/x 5 $'# a note by hand\nthis is no line\nmore=1\n'
	expect 0 ao session ls
	has feat/x
	errs fe-1
	errs "this is no line" || errs "line 9"
}

@test "a record that is no file, or cut anywhere, is never a crash" {
	record fe-1 idle feat/x 5
	whole=$(cat "$DATA/fe-1/metadata")
	for n in $(seq 0 17 ${#whole}); do
		printf '%s' "${whole:0:n}" >"$DATA/fe-1/metadata"
		run ao session ls
		[ "$status" -lt 10 ]
	done
	rm "$DATA/fe-1/metadata"
	mkfifo "$DATA/fe-1/metadata"
	run timeout 60 ao session ls
	[ "$status" -lt 10 ]
	rm "$DATA/fe-1/metadata"
	ln -s /etc/passwd "$DATA/fe-1/metadata"
	run timeout 60 ao session ls
	lacks root
	rm "$DATA/fe-1/metadata"
	mkdir "$DATA/fe-1/metadata"
	run timeout 60 ao session ls
	[ "$status" -lt 10 ]
	head -c 100000 /dev/urandom >"$BOX/noise"
	rmdir "$DATA/fe-1/metadata"
	cp "$BOX/noise" "$DATA/fe-1/metadata"
	run timeout 60 ao session ls
	[ "$status" -lt 10 ]
}

@test "text from outside cannot reach the terminal" {
	record fe-1 idle $'x\e]0;owned\a\e[2J' 5
	expect 0 ao session ls
	[[ $output != *$'\e'* && $output != *$'\a'* ]]
	expect 0 ao status
	[[ $output != *$'\e'* && $output != *$'\a'* ]]
}

@test "--ascii and a plain locale" {
	record fe-1 idle feat/x 5
	LC_ALL=C expect 0 ao status
	run ! env LC_ALL=C grep '[^ -~]' <<<"$output"
	expect 0 ao status --ascii
	run ! env LC_ALL=C grep '[^ -~]' <<<"$output"
}

@test "show: one session" {
	spawn frontend 42
	expect 0 ao session show fe-1
	has feat/42
	has "$TREES/fe-1"
	expect 4 ao session show fe-9
	errs fe-9
}

@test "attach without a terminal: said by ao, with what to do" {
	spawn frontend 42
	expect 1 ao session attach fe-1 </dev/null
	errs "ao: attaching needs a terminal"
}

@test "the messages of show end where their text ends" {
	spawn frontend 42
	ao send fe-1 "hello there"
	expect 0 ao session show fe-1
	has "hello there"
	run -1 grep -E ' $' <<<"$output"
}
