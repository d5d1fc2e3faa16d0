#!/usr/bin/env bats
# What a reader of the verbs found: each failed before it was mended.
load box

# An agent that has to be killed, and one that is a shell at a terminal.
program() { # NAME, script on standard input
	{ echo '#!/bin/bash'; cat; } >"$BOX/$1"
	chmod +x "$BOX/$1"
	AGENT=$BOX/$1 box_config
}
stubborn() {
	program stubborn <<-'S'
		trap '' TERM HUP
		while :; do sleep 0.1; done
	S
}
doing() { grep -q "^doing=$2" "$DATA/$1/metadata"; }
settled() { ! grep -q '^doing=' "$DATA/$1/metadata"; }
killed() { [ "$(field "$1" status)" = killed ]; }

@test "kill --keep-worktree, dead in the middle: the next command keeps it too" {
	stubborn
	ao spawn frontend
	echo ignored >"$TREES/fe-1/x.o"
	ao session kill --keep-worktree fe-1 &
	wait_for 5 doing fe-1 "kill --keep-worktree"
	kill -9 $!
	expect 6 ao session restore fe-1
	errs "an interrupted kill --keep-worktree was finished"
	[ "$(field fe-1 status)" = killed ]
	[ -e "$TREES/fe-1/x.o" ]
	run ! in_tmux fe-1
}

@test "a finished kill says why, not what the session was doing before" {
	stubborn
	ao spawn frontend
	sed -i 's/^status=.*/&\nreason=a message became a turn/' "$DATA/fe-1/metadata"
	ao session kill fe-1 &
	wait_for 5 doing fe-1 kill
	kill -9 $!
	expect 6 ao session restore fe-1
	[ "$(field fe-1 reason)" = "an interrupted kill was finished" ]
}

@test "a kill typed at the session's own terminal is done" {
	program shell <<<'exec bash --norc -i'
	ao spawn frontend
	echo work >"$TREES/fe-1/work"
	tmux send-keys -t =fe-1: "ao session kill" Enter
	wait_for 15 killed fe-1
	wait_for 5 test ! -e "$TREES/fe-1"
	[ -n "$(trash fe-1)" ]
}

@test "a server that postCreate leaves running does not hold the session" {
	FRONTEND='postCreate: ["sleep 60 & echo $! >$BOX/server"]' box_config
	export BOX
	ao spawn frontend
	kill -0 "$(cat "$BOX/server")"
	expect 0 ao session kill fe-1 --now
	kill "$(cat "$BOX/server")"
}

@test "a rotation that died before its first line: the numbers go on" {
	spawn frontend
	n=$(wc -l <"$DATA/events.jsonl")
	mv "$DATA/events.jsonl" "$DATA/events-000000000001.jsonl"
	ao session kill fe-1
	expect 0 ao events verify
	[ "$(head -1 "$DATA/events.jsonl" | jq .seq)" = $((n + 1)) ]
}

@test "a message that is too large is refused and blocks no other" {
	spawn frontend
	yes word | head -c 8500000 >"$BOX/large"
	expect 2 ao send fe-1 --file "$BOX/large"
	expect 0 ao send fe-1 "small"
	took fe-1 1
}

@test "a first prompt is no option and no command of the agent" {
	ao spawn frontend --prompt "--exit-after 0 7"
	wait_for 5 took fe-1 1
	heard fe-1 "[ao] --exit-after 0 7"
	ao spawn frontend --prompt " /quit"
	wait_for 5 heard fe-2 "[ao]  /quit"
}

@test "--interrupt presses nothing into an open question" {
	AGENT="standin --turn-ms 100000" box_config
	spawn frontend
	ao send fe-1 "menu: please"
	wait_for 5 is fe-1 activity waiting_input
	expect 6 ao send fe-1 --interrupt --timeout 3 "hello"
	run ! heard fe-1 ESCAPE
	took fe-1 1
}

@test "a lock held for long is waited for, as long as was asked" {
	spawn frontend
	flock_ofd "$DATA/fe-1/lock" 18 &
	wait_for 5 test -e "$BOX/locked"
	expect 0 ao send fe-1 --timeout 60 "patience"
	wait
}

# Holds the lock as ao does, for SECONDS.
flock_ofd() { # FILE SECONDS
	python3 - "$1" "$2" "$BOX/locked" <<-'P'
		import fcntl, struct, sys, time
		f = open(sys.argv[1], "r+")
		fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
		open(sys.argv[3], "w").close()
		time.sleep(float(sys.argv[2]))
	P
}

@test "a session that is still being made is waited for" {
	FRONTEND='postCreate: ["touch $BOX/at; sleep 2"]' box_config
	export BOX
	ao spawn frontend &
	wait_for 5 test -e "$BOX/at"
	expect 0 ao send fe-1 --timeout 20 "hello"
	wait
}

@test "the machine's name has changed: its sessions are still its own" {
	spawn frontend
	tmux kill-session -t =fe-1
	wait_for 10 is fe-1 activity exited
	sed -i 's/^host=.*/host=another-name/' "$DATA/fe-1/run"
	is fe-1 activity exited
	expect 0 ao session kill fe-1
}

@test "cleanup: what was brought back after the plan is kept" {
	FRONTEND='preDestroy: ["test $AO_SESSION = fe-2 || { touch $BOX/at; until test -e $BOX/go; do sleep 0.05; done; }"]' box_config
	export BOX
	spawn frontend
	spawn frontend
	tmux kill-session -t =fe-1
	tmux kill-session -t =fe-2
	wait_for 10 is fe-1 activity exited
	wait_for 10 is fe-2 activity exited
	ao session cleanup >"$BOX/out" 2>&1 &
	wait_for 10 test -e "$BOX/at"
	ao session kill fe-2
	ao session undelete fe-2
	touch "$BOX/go"
	wait || true
	cat "$BOX/out"
	[ -d "$TREES/fe-2" ]
	grep -q "fe-2: it was brought back" "$BOX/out"
}

# Dies at the Nth rename: those are its records. (The leak check cannot run below strace.)
dies_at() { # N COMMAND…
	command -v strace >/dev/null || skip "no strace"
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when="$1" "${@:2}" || true
}

@test "undelete of a kept worktree that died: nothing is taken away" {
	spawn frontend
	ao session kill fe-1 --keep-worktree
	echo ignored >"$TREES/fe-1/x.o"
	for n in 1 2 3; do
		dies_at $n ao session undelete fe-1
		ao session undelete fe-1 || true
		[ -e "$TREES/fe-1/x.o" ]
		[ "$(field fe-1 status)" = idle ]
		ao session kill fe-1 --keep-worktree
	done
}

@test "a restore that died before it started anything was not completed" {
	stubborn
	ao spawn frontend
	tmux kill-session -t =fe-1
	wait_for 15 is fe-1 activity exited
	command -v strace >/dev/null || skip "no strace"
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -o /dev/null -e trace=unlink -e inject=unlink:signal=KILL:when=1 ao session restore fe-1 || true
	doing fe-1 restore
	expect 0 ao session kill fe-1 --keep-worktree
	errs "an interrupted restore was taken back"
}

@test "many first commands at once: the namespace is made once" {
	for i in 1 2 3 4 5 6; do
		ao spawn frontend 42 >"$BOX/out.$i" 2>&1 &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6; do wait "${pids[i]}" || { cat "$BOX/out.$i"; false; }; done
	[ "$(cat "$BOX"/out.* | grep -c "Branch: *feat/42")" = 6 ]
}

@test "a clock that was set back does not stop messages" {
	AGENT="standin --turn-ms 50 --no-hooks --start-ms 0" box_config
	spawn frontend
	yesterday=$((($(date +%s) - 86400) * 1000))
	AO_TEST_NOW=$yesterday is fe-1 activity ready
	AO_TEST_NOW=$yesterday expect 3 ao send fe-1 --timeout 5 "hello"
	wait_for 5 took fe-1 1
}

@test "--answer finds the option under the agent's own cursor" {
	AGENT="standin --turn-ms 100000" box_config
	spawn frontend
	ao send fe-1 "menu: please"
	wait_for 5 is fe-1 activity waiting_input
	expect 6 ao send fe-1 --answer Maybe
	expect 0 ao send fe-1 --answer No
	run ! heard fe-1 DANGER
	heard fe-1 "ANSWER 2"
}

@test "restore --all right after the end of tmux takes those in that are still ending" {
	AGENT="standin --turn-ms 50" box_config
	spawn frontend
	ao send fe-1 "run: trap '' TERM HUP; sleep 30"
	tmux kill-server
	expect 0 ao session restore --all
	has "Session fe-1 restored"
}

@test "a hook that is written to bit by bit returns all the same" {
	spawn frontend
	export AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1
	start=$SECONDS
	python3 -c 'import os, time
while True: # until nobody reads
    os.write(1, b"x")
    time.sleep(0.004)' 2>/dev/null | ao hook waiting
	[ $((SECONDS - start)) -le 20 ]
	tail -1 "$DATA/fe-1/signals" | grep -q " waiting "
}
