#!/usr/bin/env bats
# The daemon where the world fails: tmux, the disk, the clock, the forge, the kernel's own hints; and too much at once.
# shellcheck disable=SC2016 # for the agent's shell
load box
load forge

setup() {
	box_open
	TOLD='notifiers: {me: {plugin: command, command: [sh, -c, "echo $AO_NOTIFY_EVENT $AO_NOTIFY_ID >>$HOME/told"]}}
notificationRouting: {urgent: [me], action: [me], warning: [me], info: [me]}'
}
teardown() {
	cat "$HOME/.agent-orchestrator/daemon.log" "$BOX/serve.log" 2>/dev/null # for whom something failed
	unset LD_PRELOAD
	fakes_stop
	ao stop >/dev/null 2>&1
	[ ! -e "$BOX/small" ] || { tmux kill-server; umount -l "$BOX/small"; } 2>/dev/null
	box_close
}

about() { ao start --status --json | jq -r "$1"; } # JQ
recorded() { [ "$(field "$1" status)" = "$2" ]; }  # SESSION STATUS
says() { cat "$HOME/.agent-orchestrator/daemon.log" "$BOX/serve.log" 2>/dev/null | grep -F -- "$1"; }
calm() { about 'if (any(.namespaces[]; .polling) | not) and (.nextAt == null or (.nextAt | fromdate) > now + 60) then 0 else error end'; }
work() { # SESSION FILE TEXT
	printf '%s\n' "$3" >"$TREES/$1/$2"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "Add $2"
}
reports_of_work() { [ "$(grep -c ' tool ' "$DATA/fe-1/signals")" = "$1" ]; } # HOW-MANY
told() { grep -c "^$1 " "$HOME/told" 2>/dev/null || true; } # EVENT
is_told() { [ "$(told "$1")" = "$2" ]; }                    # EVENT TIMES
knows() { [ "$(about '.namespaces[0].sessions')" = "$1" ]; } # HOW-MANY
not_recorded() { [ "$(field "$1" status)" != "$2" ]; }    # SESSION STATUS
noticed() { [ "$(says 'the clock was set' | grep -c .)" -ge "$1" ]; } # TIMES
cpu_ms() { echo $(($(cut -d' ' -f1 "/proc/$(about .pid)/schedstat") / 1000000)); }

@test "the tmux server dies: each session's end is told once; restored, all goes on" {
	EXTRA=$TOLD box_config
	ao start >/dev/null
	spawn frontend 1
	spawn frontend 2
	wait_for 10 recorded fe-1 idle
	wait_for 10 recorded fe-2 idle
	kill -9 "$(tmux display-message -p '#{pid}')"
	wait_for 30 is_told agent-exited 2
	wait_for 10 recorded fe-1 errored
	wait_for 10 recorded fe-2 errored
	expect 0 ao session restore --all
	wait_for 20 recorded fe-1 idle
	wait_for 20 recorded fe-2 idle
	expect 0 ao send fe-1 "hello again"
	wait_for 30 calm
	is_told agent-exited 2
}

@test "the disk is full: said, not tried without end; once there is room each message arrives, once" {
	mkdir "$BOX/small"
	mount -t tmpfs -o size=24m none "$BOX/small" 2>/dev/null || skip "may not mount"
	FRONTEND='checks: {test: "cat new; grep -q good new"}' EXTRA="dataDir: $BOX/small/data
limits: {freeDisk: 0}" box_config
	DATA=$BOX/small/data/sessions/box
	ao start >/dev/null
	spawn frontend 1
	wait_for 10 recorded fe-1 idle
	work fe-1 new good
	ao pr create fe-1 >/dev/null
	wait_for 20 recorded fe-1 pr_open
	wait_for 40 calm
	head -c 24M /dev/zero >"$BOX/small/ballast" 2>/dev/null || true
	local before
	before=$(about .polls)
	work fe-1 new bad
	sleep 6
	took fe-1 1
	echo "polls on a full disk: $(($(about .polls) - before))"
	[ "$(($(about .polls) - before))" -le 8 ]
	rm "$BOX/small/ballast"
	wait_for 90 took fe-1 2
	wait_for 60 recorded fe-1 ci_failed
	took fe-1 2
	expect 0 ao events verify
}

# Processes that are started from here on see a clock that `set_clock` sets.
false_clock() {
	[ -e "$AO_BUILD/test/fault/clock.so" ] || skip "there is no clock.so; make programs"
	! ldd "$AO_BUILD/ao" | grep -q libasan || skip "the sanitizer must be loaded first"
	export FAULT_CLOCK=$BOX/clock LD_PRELOAD=$AO_BUILD/test/fault/clock.so
	set_clock 0
}
set_clock() { # OFFSET-IN-SECONDS [RATE]
	local now
	now=$(LD_PRELOAD='' date +%s%3N)
	printf '%s %s %s\n' "$(($1 * 1000))" "${2:-1}" "$now" >"$BOX/clock.new"
	mv "$BOX/clock.new" "$BOX/clock"
}

@test "the clock jumps ten years ahead, back, and ten years behind: all is seen, nothing is told twice" {
	EXTRA=$TOLD box_config
	false_clock
	ao start >/dev/null
	spawn frontend 1
	spawn frontend 2
	wait_for 10 recorded fe-1 idle
	wait_for 30 calm
	local year=31536000 n=0 jump before
	for jump in $((10 * year)) 0 $((-10 * year)) 0; do
		n=$((n + 1))
		set_clock "$jump"
		wait_for 20 noticed "$n"
		before=$(cpu_ms)
		expect 0 ao send fe-1 "menu: $n"
		wait_for 60 recorded fe-1 needs_input
		wait_for 20 is_told agent-needs-input "$n"
		expect 0 ao send fe-1 --answer 2
		wait_for 30 recorded fe-1 idle
		# no storm: a second of work is more than it needs
		[ "$(($(cpu_ms) - before))" -le 1000 ]
	done
	tmux kill-session -t =fe-2
	wait_for 40 is_told agent-exited 1
	[ "$(sort "$HOME/told" | uniq -d)" = "" ]
	is_told agent-stuck 0
	LD_PRELOAD='' expect 0 ao events verify
}

@test "a sleep of eight hours: who is at work when the machine wakes up is not stuck, who stays silent is" {
	AGENT="standin --turn-ms 0" EXTRA=$TOLD box_config
	false_clock
	ao start >/dev/null
	spawn frontend 1
	spawn frontend 2
	ao send fe-1 'run: while [ ! -e awake ]; do sleep 0.1; done; "$AO_BIN" hook tool </dev/null; while [ ! -e done ]; do sleep 0.1; done' >/dev/null
	ao send fe-2 "hang: $TREES/fe-2/done" >/dev/null # and no command of it runs
	wait_for 20 recorded fe-1 working
	wait_for 20 recorded fe-2 working
	wait_for 30 about 'if any(.namespaces[]; .polling) then error else 0 end' # or a poll outlasts the sleep
	set_clock 28800
	wait_for 20 says "the clock was set, or the machine has slept"
	touch "$TREES/fe-1/awake"
	wait_for 60 is_told agent-stuck 1
	recorded fe-2 stuck
	recorded fe-1 working
	touch "$TREES/fe-1/done" "$TREES/fe-2/done"
	wait_for 30 recorded fe-1 idle
	wait_for 30 recorded fe-2 idle
	is_told agent-stuck 1
}

@test "a forge that is down for an hour is asked ever less; when it is back its news arrives, once" {
	fake_github_start
	EXTRA=$TOLD FRONTEND="scm: $GITHUB_SCM" box_config
	github_repo acme/app '{"checksOnPush": []}'
	spawn frontend 42
	work fe-1 new text
	ao pr create fe-1 >/dev/null
	false_clock
	ao start >/dev/null
	wait_for 20 recorded fe-1 pr_open
	wait_for 20 jq -e . <<<"$(about .)"
	fault github '{"kind": "status", "status": 503, "times": 1000000}'
	forget github
	set_clock 0 120 # an hour is half a minute
	sleep 30
	local asked
	asked=$(asked github)
	echo "asked $asked times"
	[ "$asked" -ge 3 ]
	[ "$asked" -le 40 ]
	control github DELETE faults >/dev/null
	cause github '{"op": "check", "repo": "acme/app", "pr": 1, "name": "unit", "conclusion": "FAILURE", "log": "boom"}' >/dev/null
	wait_for 60 recorded fe-1 ci_failed
	wait_for 60 took fe-1 2
	set_clock 0
	sleep 1
	took fe-1 2
}

@test "500 events in a second: all are taken in, few of them are acted upon, the last one counts" {
	AGENT="standin --turn-ms 0" box_config
	ao start >/dev/null
	spawn frontend 1
	wait_for 10 recorded fe-1 idle
	wait_for 40 calm
	local polls cpu
	polls=$(about .polls) cpu=$(cpu_ms)
	ao send fe-1 'run: i=0; while [ $i -lt 500 ]; do "$AO_BIN" hook tool </dev/null; i=$((i + 1)); done' >/dev/null
	wait_for 60 reports_of_work 500
	wait_for 30 recorded fe-1 idle
	wait_for 60 calm
	echo "polls: $(($(about .polls) - polls)), ms of processor time: $(($(cpu_ms) - cpu))"
	[ "$(($(about .polls) - polls))" -le 12 ]
	recorded fe-1 idle
	[ "$(ao events fe-1 --json | jq -r 'select(.type == "status") | .to' | tail -1)" = idle ]
}

@test "a folder that cannot be listed for a moment: no session is forgotten, the new one is found" {
	ao start >/dev/null
	spawn frontend 1
	wait_for 10 recorded fe-1 idle
	wait_for 40 calm
	strace -qq -o "$BOX/trace" -P "$DATA" -e trace=openat -e inject=openat:error=EIO:when=1 -p "$(about .pid)" &
	wait_for 10 grep -q 'TracerPid:.*[1-9]' "/proc/$(about .pid)/status"
	mkdir "$DATA/fe-7"
	wait_for 10 grep -q INJECTED "$BOX/trace"
	[ "$(about '.namespaces[0].sessions')" -ge 1 ]
	mkdir "$DATA/fe-8"
	wait_for 10 knows 3
	kill %%
}

@test "a record of the older form, a plain file: polled, and watched once it is a folder" {
	spawn frontend 5
	git -C "$TREES/fe-1" commit -q --allow-empty -m work
	ao pr create fe-1 >/dev/null
	pull=$(field fe-1 pr)
	tmux kill-session -t =fe-1
	wait_for 20 is fe-1 activity exited
	rm -r "$DATA/fe-1"
	printf '%s\n' projectId=frontend status=working branch=feat/5 issueId=5 "pr=$pull" "worktree=$TREES/fe-1" >"$DATA/fe-1"
	ao start frontend >/dev/null
	wait_for 20 test -d "$DATA/fe-1"
	wait_for 60 calm
	[ "$(field fe-1 status)" = pr_open ]
	sed -i 's/^status=.*/status=working/' "$DATA/fe-1/metadata"
	wait_for 30 not_recorded fe-1 working
}

@test "no hint arrives: what was missed is found by the slow look over all" {
	EXTRA=$TOLD box_config
	spawn frontend 1
	rm -rf "$HOME/told"
	AO_TEST_RESCAN_MS=3000 setsid strace -f -qq -o "$BOX/trace" -e trace=inotify_add_watch -e inject=inotify_add_watch:error=ENOSPC \
		"$AO_BUILD/ao-serve" "$HOME/.agent-orchestrator" >"$BOX/serve.log" 2>&1 &
	wait_for 20 about .pid
	wait_for 20 recorded fe-1 idle
	says "the kernel watches no more files for us"
	rm "$HOME/.agent-orchestrator/daemon.sock" # nobody can tell it anything
	tmux kill-session -t =fe-1
	wait_for 30 is_told agent-exited 1
	spawn frontend 2
	wait_for 30 recorded fe-2 idle
}

@test "a poll that hears no SIGTERM does not hold the daemon for ever" {
	mkdir "$BOX/bin"
	cp "$AO_BUILD/ao-serve" "$BOX/bin"
	cat >"$BOX/bin/ao" <<-'S'
		#!/bin/sh
		[ -e "$HOME/hung" ] && exec true
		touch "$HOME/hung"
		trap '' TERM
		sleep 600 <&- >&- 2>&- & wait $!
	S
	chmod +x "$BOX/bin/ao"
	spawn frontend 1
	AO_TEST_JOB_MS=500 setsid "$BOX/bin/ao-serve" "$HOME/.agent-orchestrator" >"$BOX/serve.log" 2>&1 &
	wait_for 20 test -e "$HOME/hung"
	wait_for 20 says "a poll failed (exit 137)"
	wait_for 20 calm
}
