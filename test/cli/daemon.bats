#!/usr/bin/env bats
# The daemon: all that ao poll does, by itself; and that it comes, goes and dies without harm.
load box

teardown() {
	cat "$HOME/.agent-orchestrator/daemon.log" # for whom something failed
	ao stop >/dev/null 2>&1
	box_close
}

told() { ao start --status --json | jq -r "$1"; } # JQ
tells() { [ "$(told "$1")" = "$2" ]; }
pid() { told .pid; }
# No poll is under way, and none due within a minute.
calm() { tells '(any(.namespaces[]; .polling) | not) and (.nextAt == null or (.nextAt | fromdate) > now + 60)' true; }
recorded() { [ "$(field "$1" status)" = "$2" ]; } # SESSION STATUS
says() { grep -F -- "$1" "$HOME/.agent-orchestrator/daemon.log"; }
says_twice() { [ "$(says "$1" | grep -c .)" = 2 ]; }
told_times() { [ "$(grep -cx "$1" "$HOME/told")" = "$2" ]; } # EVENT TIMES
mended() { [ "$(git -C "$TREES/$1" show HEAD:menu)" = "bread
croissant" ]; }
green() { [ "$(ao status --json | jq -r '.[0].ciStatus')" = success ]; }
work() { # SESSION FILE TEXT
	printf '%s\n' "$3" >"$TREES/$1/$2"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "Add $2"
}

@test "start, status, stop; sessions go on" {
	expect 1 ao start --status
	has "No daemon runs for $HOME/.agent-orchestrator."
	expect 0 ao stop
	expect 0 ao start frontend
	has "✓ Daemon started (pid "
	expect 0 ao start
	has "✓ Daemon already runs (pid $(pid))."
	expect 0 ao start --status
	has "  box: 0 sessions, $CONFIG"
	expect 4 ao start no-such
	[ "$(cd "$HOME/.agent-orchestrator" && stat -c '%a %n' . daemon.* | sort)" = "600 daemon.ctl
600 daemon.lock
600 daemon.log
600 daemon.sock
700 ." ]
	spawn frontend 1
	local before
	before=$(pid)
	expect 0 ao restart
	has "✓ Daemon restarted"
	[ "$(pid)" != "$before" ]
	expect 0 ao stop
	has "✓ Daemon stopped; sessions go on."
	expect 1 ao start --status --json
	[ "$(jq .pid <<<"$output")" = null ]
	is_ready fe-1
	[ ! -e "$HOME/.agent-orchestrator/daemon.sock" ]
}

@test "typed inside a session: it outlives that one, and is none of it" {
	AGENT="standin --turn-ms 0 --do sh" box_config
	spawn frontend 'ao start >started 2>&1'
	wait_for 10 test -s "$TREES/fe-1/started"
	grep -qF "Daemon started" "$TREES/fe-1/started"
	local before
	before=$(pid)
	ao session kill fe-1 >/dev/null
	[ "$(pid)" = "$before" ]
	run ! grep -qzE '^AO_SESSION' "/proc/$before/task/$before/children"
	ao send --help >/dev/null
	ao spawn frontend 2 >/dev/null
	wait_for 10 recorded fe-2 idle
	[ "$(ao events fe-2 --json | jq -r 'select(.type == "status") | .actor' | head -1)" = daemon ]
}

@test "an upgrade: a daemon of another version is told, and ao restart takes over; sessions go on" {
	local agent
	mkdir "$BOX/old"
	sed "s/$(ao version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+')/0.0.9/g" "$AO_BUILD/ao-serve" >"$BOX/old/ao-serve"
	chmod +x "$BOX/old/ao-serve"
	ln -s "$AO_BUILD/ao" "$BOX/old/ao"
	AO_SERVE_BIN=$BOX/old/ao-serve ao start >/dev/null
	[ "$(told .version)" = 0.0.9 ]
	spawn frontend 1
	wait_for 10 recorded fe-1 idle
	agent=$(tmux list-panes -t =fe-1: -F '#{pane_pid} #{session_created}')
	expect 0 ao start --status
	has "It is of version 0.0.9, ao of "
	has "ao restart"
	expect 0 ao start
	has "already runs"
	has "It is of version 0.0.9"
	expect 0 ao doctor
	has "the daemon is of version 0.0.9"
	expect 0 ao restart
	lacks 0.0.9
	expect 0 ao start --status
	lacks "of version"
	[ "$(tmux list-panes -t =fe-1: -F '#{pane_pid} #{session_created}')" = "$agent" ]
	ao send fe-1 "go on" >/dev/null
	heard fe-1 "go on"
	[ "$(grep -c 'agent-exited' "$DATA/events.jsonl")" = 0 ]
}

@test "many started at once: one serves, and all say which" {
	local i
	for i in 1 2 3 4 5; do ao start >"$BOX/start.$i" 2>&1 & done
	wait
	cat "$BOX"/start.*
	[ "$(cat "$BOX"/start.* | grep -c "(pid $(pid))")" = 5 ]
	[ "$(pgrep -c -f "ao-serve --log $HOME/.agent-orchestrator")" = 1 ]
}

@test "by itself: red, its log to the agent, mended, green, approved, merged, complete" {
	export CLERK_THINKS=0
	AGENT="standin --turn-ms 0 --do $BATS_TEST_DIRNAME/../agents/clerk.sh" FRONTEND='checks:
  bread: "cat menu; grep -q croissant menu || { echo menu lacks croissant; exit 1; }"
reactions: {approved-and-green: {auto: true, action: auto-merge}}' \
		EXTRA="notifiers: {me: {plugin: command, command: [sh, -c, 'jq -r .event >>\"\$HOME/told\"']}}
notificationRouting: {urgent: [me], action: [me], warning: [me], info: [me]}" box_config
	ao start >/dev/null
	spawn frontend "put bread into menu"
	wait_for 20 git -C "$TREES/fe-1" cat-file -e HEAD:menu
	ao pr create fe-1 >/dev/null
	wait_for 30 mended fe-1
	wait_for 20 green
	wait_for 20 recorded fe-1 pr_open
	ao pr review fe-1 --approve >/dev/null
	wait_for 30 recorded fe-1 merged
	wait_for 20 grep -qx all-complete "$HOME/told"
	[ "$(messages fe-1)" = 2 ]
	[ "$(git -C "$REPO" show main:menu | tail -1)" = croissant ]
	expect 0 ao events verify
}

@test "a place that an agent left is taken by who waits for one" {
	EXTRA='limits: {maxSessions: 1}' AGENT="standin --turn-ms 0 --do sh" box_config
	ao start >/dev/null
	spawn frontend 'true'
	ao spawn frontend 'touch done' >/dev/null
	recorded fe-2 queued
	wait_for 10 calm
	kill "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 20 test -e "$TREES/fe-2/done"
	wait_for 10 recorded fe-2 idle
}

@test "a notifier that hangs holds up nobody: no message to an agent, no other notifier, no later notice" {
	FRONTEND='checks: {test: "cat new; grep -q good new"}' EXTRA="notifiers:
  hangs: {plugin: command, command: [sh, -c, 'touch \"\$HOME/hangs\"; until [ -e $BOX/go ]; do sleep 0.1; done']}
  me: {plugin: command, command: [sh, -c, 'jq -r .event >>\"\$HOME/told\"']}
notificationRouting: {urgent: [hangs, me], action: [me], warning: [me], info: []}" box_config
	ao start >/dev/null
	spawn frontend 1
	spawn frontend 2
	work fe-2 new good
	ao -q pr create fe-2 >/dev/null
	wait_for 20 recorded fe-2 pr_open
	ao send fe-1 "menu: what?" >/dev/null
	wait_for 20 test -e "$HOME/hangs"
	wait_for 5 grep -qx agent-needs-input "$HOME/told"
	work fe-2 new bad
	wait_for 5 took fe-2 1
	ao send fe-2 "menu: and that?" >/dev/null
	wait_for 5 told_times agent-needs-input 2
	tells 'any(.namespaces[]; .polling)' true # it hangs on
	run ! says "agent-needs-input: told"
	touch "$BOX/go"
	wait_for 20 says_twice "agent-needs-input: told"
	told_times agent-needs-input 2
	expect 0 ao events verify
}

@test "a message that waited for copy mode goes when that is left, of which no file tells" {
	FRONTEND='checks: {test: "cat new; grep -q good new"}' box_config
	ao start >/dev/null
	spawn frontend 1
	work fe-1 new good
	ao -q pr create fe-1 >/dev/null
	wait_for 20 recorded fe-1 pr_open
	tmux copy-mode -t =fe-1:
	work fe-1 new bad
	wait_for 20 says "copy mode"
	sleep 5 # by then it has settled
	took fe-1 1
	tmux send-keys -X -t =fe-1: cancel
	wait_for 40 took fe-1 2
	wait_for 60 calm
}

@test "stuck is told when its time has come, a death at once" {
	AGENT="standin --turn-ms 600000" EXTRA="reactions: {agent-stuck: {threshold: 1s}}
notifiers: {me: {plugin: command, command: [sh, -c, 'jq -r .event >>\"\$HOME/told\"']}}
notificationRouting: {urgent: [me]}" box_config
	ao start >/dev/null
	ao spawn frontend 1 >/dev/null
	wait_for 40 grep -qx agent-stuck "$HOME/told"
	recorded fe-1 stuck
	kill -9 "$(sed -n 's/^supervisor=//p' "$DATA/fe-1/run")"
	wait_for 20 grep -qx agent-exited "$HOME/told"
}

@test "what happens while a command is at work on the session is not missed" {
	ao start >/dev/null
	spawn frontend 1
	wait_for 10 recorded fe-1 idle
	local i
	for i in 1 2 3; do # its question, and its next word, come while ao send waits for them
		ao send fe-1 "menu: $i" >/dev/null
		wait_for 20 recorded fe-1 needs_input
		ao send fe-1 --answer 2 >/dev/null
		wait_for 20 recorded fe-1 idle
	done
}

@test "an agent without hooks: that it is up and still is seen, and that it works again; a silent terminal is glanced at" {
	AGENT="standin --no-hooks --turn-ms 0" box_config
	ao start >/dev/null
	ao spawn frontend 1 >/dev/null
	wait_for 60 recorded fe-1 idle
	still() { # nothing but glances: no file is opened, nothing is started
		timeout 11 strace -f -o "$BOX/trace" -p "$(pid)" 2>"$BOX/strace" || true
		cat "$BOX/strace"
		grep -q '/dev/pts/' "$BOX/trace" && ! grep -E 'open|readlink|clone|vfork' "$BOX/trace"
	}
	wait_for 90 still
	tmux send-keys -t =fe-1: -l "run: until [ -e $BOX/go ]; do echo at work; sleep 1; done"
	tmux send-keys -t =fe-1: Enter
	wait_for 40 recorded fe-1 working
	touch "$BOX/go"
	wait_for 60 recorded fe-1 idle
}

@test "a broken configuration is said once, and taken up again" {
	ao start >/dev/null
	spawn frontend 1
	wait_for 10 recorded fe-1 idle
	cp "$CONFIG" "$BOX/good"
	echo "nonsense: [" >>"$CONFIG"
	wait_for 10 tells '.namespaces[0].trouble | type' string
	wait_for 20 tells 'any(.namespaces[]; .polling)' false # one that began before would still see it
	tmux kill-session -t =fe-1
	touch "$CONFIG"
	sleep 0.2
	[ "$(grep -c 'nothing is done until this is mended' "$HOME/.agent-orchestrator/daemon.log")" = 1 ]
	recorded fe-1 idle
	mv "$CONFIG" "$BOX/away"
	wait_for 10 tells '.namespaces[0].trouble | test("no such file")' true
	expect 0 ao stop
	cp "$BOX/good" "$CONFIG"
	ao start >/dev/null
	wait_for 10 recorded fe-1 errored
	echo "nonsense: [" >>"$CONFIG"
	wait_for 10 tells '.namespaces[0].trouble | type' string
	cp "$BOX/good" "$CONFIG"
	wait_for 10 tells '.namespaces[0].trouble' null
	says "box: its configuration is good again"
	spawn frontend 2
	wait_for 10 recorded fe-2 idle
}

@test "killed at any instant and started again: each message once" {
	FRONTEND='checks: {test: "cat new; grep -q good new"}' box_config
	ao start >/dev/null
	spawn frontend 1
	work fe-1 new bad
	ao -q pr create fe-1 >/dev/null
	local i
	for i in 0 0.02 0.05 0.1 0.3; do
		sleep "$i"
		kill -9 "$(pid)"
		ao start >/dev/null
	done
	wait_for 20 took fe-1 2
	wait_for 20 calm
	[ "$(messages fe-1)" = 2 ]
	expect 0 ao events verify
}

@test "what a sender that died a moment ago never pasted is told, though nothing happens later" {
	spawn frontend 1
	ao poll
	mkdir -p "$DATA/fe-1/outbox"
	now=$(date -u +%FT%T.%3NZ)
	printf 'state=typing\nkind=message\nfrom=user\nmade=%s\nchanged=%s\nmark=%s\n\nstray words ' "$now" "$now" "$now" >"$DATA/fe-1/outbox/0001"
	ao start
	wait_for 20 says "message 0001 was typed, and nothing confirms it"
	took fe-1 1
}

@test "quiet: nothing is called, started or written while nothing happens" {
	ao start >/dev/null
	spawn frontend 1
	spawn backend 2
	wait_for 10 recorded fe-1 idle
	wait_for 10 recorded api-1 idle
	wait_for 30 calm
	local before
	before=$(picture; told .polls)
	timeout 2 strace -f -o "$BOX/trace" -p "$(pid)" || true
	cat "$BOX/trace"
	run ! grep -vE 'epoll_wait|restart_syscall|detached' "$BOX/trace"
	[ "$(picture; told .polls)" = "$before" ]
}

@test "systemd: its unit, where the user enabled it" {
	mkdir "$BOX/bin"
	# a systemctl that knows one unit; it proves nothing of the real one
	cat >"$BOX/bin/systemctl" <<-S
		#!/bin/sh
		echo "\$*" >>"$BOX/systemctl"
		case "\$*" in
		*is-enabled*) test -e "$BOX/enabled" ;;
		*start*) 
			setsid "$AO_BUILD/ao-serve" "$HOME/.agent-orchestrator" >/dev/null 2>&1 &
			until [ -S "$HOME/.agent-orchestrator/daemon.ctl" ]; do sleep 0.02; done ;;
		esac
	S
	chmod +x "$BOX/bin/systemctl"
	PATH=$BOX/bin:$PATH expect 0 ao start
	run ! grep -q start "$BOX/systemctl"
	ao stop
	touch "$BOX/enabled"
	PATH=$BOX/bin:$PATH expect 0 ao start
	has "✓ Daemon started"
	grep -qx -- "--user start ao.service" "$BOX/systemctl"
	expect 0 ao stop
}
