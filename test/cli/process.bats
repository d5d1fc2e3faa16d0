#!/usr/bin/env bats
# `runtime: process`: all that is done with a session, where there is no tmux.
load box

# All that is installed, but tmux.
setup_file() {
	mkdir "$BATS_FILE_TMPDIR/bin"
	find /usr/bin /bin -maxdepth 1 ! -name tmux ! -type d -exec ln -sft "$BATS_FILE_TMPDIR/bin" {} +
}
setup() {
	box_open
	EXTRA='defaults: {agent: standin, runtime: process}' box_config
	sed -i '/^defaults: {agent: standin}$/d' "$CONFIG"
	WITH_TMUX=$PATH
	export PATH=$AO_BUILD:$AO_BUILD/test/agents:$BATS_FILE_TMPDIR/bin
	run ! command -v tmux
}
teardown() {
	local id
	for id in "$DATA"/*; do
		[ -d "$id" ] || continue
		timeout 30 ao session kill "${id##*/}" >/dev/null 2>&1 || true
	done
	PATH=$WITH_TMUX
	box_close
}

ran() { sed -n "s/^$2=//p" "$DATA/$1/run"; }                          # SESSION KEY
holder() { ps -o ppid= -p "$(ran "$1" supervisor)" | tr -d ' '; }     # SESSION
gone() { run ! kill -0 "$1"; }
# who dies within the second of the restore is not cleaned up: the record's times are whole seconds
lived_a_while() { [ "$(date +%s)" -gt "$(($(date -d "$(field "$1" restoredAt)" +%s) + 1))" ]; }

@test "spawn, status, send, kill, undelete, restore, cleanup" {
	expect 0 ao spawn frontend 1
	has 'Attach:   ao session attach fe-1'
	ready fe-1
	expect 0 ao status
	has fe-1
	expect 0 ao send fe-1 $'two\nlines: $(id) é'
	has 'Message sent and processing'
	[ "$(last_message fe-1)" = $'two\nlines: $(id) é ' ] || [ "$(last_message fe-1)" = $'two\nlines: $(id) é' ]
	expect 0 ao ps
	has fe-1
	expect 0 ao doctor
	lacks tmux
	echo work >"$TREES/fe-1/new"
	expect 0 ao session kill fe-1
	has refs/ao/trash/fe-1/
	wait_for 10 nothing_runs
	[ ! -e "$DATA/fe-1/pty" ]
	grep -q 'at your service' "$DATA/fe-1/output"
	expect 0 ao session undelete fe-1
	expect 0 ao session restore fe-1
	[ "$(cat "$TREES/fe-1/new")" = work ]
	ready fe-1
	expect 0 ao send fe-1 again
	wait_for 10 lived_a_while fe-1
	expect 0 ao send fe-1 'run: kill -9 $PPID'
	wait_for 10 is fe-1 activity exited
	wait_for 10 nothing_runs
	expect 0 ao session cleanup
	has 'Cleaned: fe-1'
	expect 0 ao session undelete fe-1
	expect 0 ao session restore fe-1
	ready fe-1
}

@test "a question: nothing is typed, and told where to answer" {
	AGENT='standin --turn-ms 50 --menu' EXTRA='defaults: {agent: standin, runtime: process}' box_config
	sed -i '/^defaults: {agent: standin}$/d' "$CONFIG"
	ao spawn frontend 1
	wait_for 10 is fe-1 activity waiting_input
	expect 6 ao send fe-1 hello
	errs 'ao session attach fe-1'
	expect 6 ao send fe-1 --answer 1
	errs 'ao session attach fe-1'
	run ! heard fe-1 DANGER
	[ "$(messages fe-1)" = 1 ]
}

@test "each process of it is killed -9: restored, nothing stays" {
	local which left
	spawn frontend 1
	for which in holder supervisor pid both; do
		expect 0 ao send fe-1 'run: setsid sleep 7012 & echo'
		case $which in
		holder) kill -9 "$(holder fe-1)" ;;
		both) kill -9 "$(holder fe-1)" "$(ran fe-1 supervisor)" ;;
		*) kill -9 "$(ran fe-1 $which)" ;;
		esac
		wait_for 10 is fe-1 activity exited
		expect 0 ao session restore fe-1
		ready fe-1
		left=$(survivors)
		[ "$(ps -o args= -p "${left//$'\n'/,}" | grep -c '^sleep 7012')" = 0 ]
	done
	expect 0 ao session kill fe-1
	wait_for 10 nothing_runs
}

@test "a program that asks its terminal without end and hears no answer: what is kept for it is bounded" {
	spawn frontend 1
	ao send --no-wait fe-1 'run: yes "$(printf "\\033[c\\033[c\\033[c")" | head -c 24M >/dev/tty; touch asked' || true
	wait_for 60 test -e "$TREES/fe-1/asked"
	grep VmHWM "/proc/$(holder fe-1)/status"
	[ "$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(holder fe-1)/status")" -lt 16000 ]
}

@test "a reboot took it: no reason to clean up, restore --all brings it back" {
	spawn frontend 1
	kill -9 "$(holder fe-1)" "$(ran fe-1 supervisor)"
	wait_for 10 is fe-1 activity exited
	export AO_TEST_BOOT_ID=another
	expect 0 ao session cleanup
	has 'Skipped fe-1 (the machine restarted'
	expect 0 ao session restore --all
	ready fe-1
	expect 0 ao session kill fe-1
}

@test "what no record names is found, and ended by doctor --fix" {
	spawn frontend 1
	rm -r "$DATA/fe-1"
	expect 1 ao doctor
	has 'the process session fe-1 is ours, but no record names it'
	ao doctor --fix || true
	wait_for 10 nothing_runs
}

@test "a holder that is stopped is unknown, not dead; kill ends it" {
	spawn frontend 1
	kill -STOP "$(holder fe-1)"
	is fe-1 status idle || is fe-1 status working
	expect 7 ao send --timeout 1 fe-1 hello
	[ "$(messages fe-1)" = 1 ] # its first prompt
	expect 0 ao session kill fe-1
	wait_for 10 nothing_runs
}

@test "spawned from inside of a session, it outlives that one" {
	spawn frontend 1
	expect 0 ao send fe-1 "run: ao spawn backend 2 >'$BOX/inside' 2>&1"
	wait_for 20 grep -q 'Attach:' "$BOX/inside"
	expect 0 ao session kill fe-1
	ready api-1
	expect 0 ao send api-1 'still there'
}

@test "a person attaches, types, leaves; the agent goes on" {
	spawn frontend 1
	expect 1 ao session attach fe-1
	without=$PATH
	PATH=$WITH_TMUX # for the person's terminal
	on_screen "env PATH='$without' bash --norc --noprofile -c 'ao session attach fe-1; echo left:\$?; exec sleep 1000'" 'at your service'
	wait_for 10 size_is 30 100
	tmux -L person send-keys -l 'by hand'
	tmux -L person send-keys Enter
	wait_for 10 took fe-1 2
	[ "$(last_message fe-1)" = 'by hand' ]
	tmux -L person send-keys C-]
	wait_for 10 screen_shows left:0
	screen_shows 'fe-1 runs on'
	tmux -L person kill-server
	PATH=$without
	expect 0 ao send fe-1 later
	[ "$(messages fe-1)" = 3 ]
}
size_is() { [ "$(stty size <"/proc/$(ran fe-1 pid)/fd/0")" = "$1 $2" ]; }
