#!/usr/bin/env bats
# An agent whose quota is spent: told apart from other errors, nothing started or sent meanwhile, and it goes
# on when the quota is there again, once.
load box

setup() {
	box_open
	NOW=$(date +%s)
	limit_config
}

teardown() {
	ao stop >/dev/null 2>&1 || true
	box_close
}

limit_config() {
	EXTRA="notifiers: {me: {plugin: command, command: [sh, -c, 'jq -r .title >>\"\$HOME/told\"']}}
notificationRouting: {urgent: [me]}${EXTRA:+
$EXTRA}" box_config
	sed -i "s/^    process: standin/&\n    limit: {spent: 'hit your .*limit', until: '(resets|again at) '}/" "$CONFIG"
}

# As Claude Code's hook reports it (seen on 2.1.330).
spent() { # SESSION WORDS
	printf '{"session_id":"64af","hook_event_name":"StopFailure","error":"rate_limit","last_assistant_message":"%s"}' "$2" |
		AO_SESSION=$1 AO_SESSION_DIR=$DATA/$1 ao hook error
}
hour() { date -u -d "@$((NOW + $1 * 60))" +%-I:%M%P; } # MINUTES from now on: as the agents write it
iso() { date -u -d "@$((NOW + $1 * 60))" +%Y-%m-%dT%H:%M:00Z; }
later() { AO_TEST_NOW=$(($(date +%s%3N) + $1 * 60000)) "${@:2}"; } # MINUTES COMMAND…

@test "it needs input, rate limited until T; any other error is one" {
	spawn frontend
	at=$(iso 120)
	spent fe-1 "You've hit your 5-hour limit · resets $(hour 120) (UTC)"
	is fe-1 status needs_input
	expect 0 ao status
	has "rate limited until $at"
	expect 0 ao status --why fe-1
	has "fe-1 is needs_input: rate limited until $at"
	[ "$(ao status --json | jq -r '.[0].limitedUntil')" = "$at" ]
	expect 0 ao poll
	has "rate limited"
	[ "$(field fe-1 status)" = needs_input ]
	[ "$(field fe-1 reason)" = "rate limited until $at" ]
	[ "$(field fe-1 limitedUntil)" = "$at" ]
	expect 0 ao status --why fe-1
	has "waits until   $at"
	[ "$(cat "$HOME/told")" = "fe-1: rate limited" ]
	expect 0 ao poll
	[ -z "$output" ]
	spent fe-1 "API Error: 400 this request is not what resets 6pm" # an error that is none of its limit
	is fe-1 status errored
	expect 0 ao poll
	[ -z "$(field fe-1 limitedUntil)" ]
}

@test "a limit without a time: needs input, and nobody goes on by himself" {
	spawn frontend
	spent fe-1 "You've hit your monthly spend limit."
	expect 0 ao poll
	[ "$(field fe-1 reason)" = "rate limited" ]
	later 100000 ao poll
	took fe-1 0
	expect 0 ao spawn frontend
	[ "$(field fe-2 status)" != queued ]
}

@test "the same conversation goes on at T, once" {
	spawn frontend
	ao send fe-1 "long work"
	ready fe-1
	spent fe-1 "You've hit your 5-hour limit · resets $(hour 120) (UTC)"
	ao poll
	later 100 ao poll
	took fe-1 1
	later 120 ao poll # some agents go on by themselves; they get a moment for it
	took fe-1 1
	later 123 ao poll
	wait_for 10 took fe-1 2
	heard fe-1 "[ao] Your usage limit has been reset. Continue where you stopped."
	ready fe-1
	ao poll
	later 124 ao poll
	later 300 ao poll
	took fe-1 2
	[ -z "$(field fe-1 limitedUntil)" ]
	expect 0 ao events fe-1
	has "rate-limited"
}

@test "an agent that goes on by itself is not asked" {
	spawn frontend
	spent fe-1 "You've hit your 5-hour limit · resets $(hour 120) (UTC)"
	ao poll
	AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1 ao hook prompt <<<"go on"
	AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1 ao hook stop </dev/null
	later 123 ao poll
	later 200 ao poll
	took fe-1 0
	[ -z "$(field fe-1 limitedUntil)" ]
}

@test "auto: false tells people and leaves it" {
	EXTRA='reactions: {rate-limited: {auto: false}}' limit_config
	spawn frontend
	spent fe-1 "You've hit your 5-hour limit · resets $(hour 120) (UTC)"
	ao poll
	later 123 ao poll
	took fe-1 0
	[ "$(sort "$HOME/told" | uniq -c | tr -s ' ')" = " 1 fe-1: rate limited" ]
}

@test "further starts on that agent wait, and start when the limit has ended" {
	spawn frontend
	at=$(iso 120)
	spent fe-1 "You've hit your 5-hour limit · resets $(hour 120) (UTC)"
	expect 0 ao spawn frontend 7 # nobody polled yet
	has "waits until $at: standin is rate limited (fe-1)"
	[ "$(field fe-2 status)" = queued ]
	ao poll
	[ "$(field fe-2 status)" = queued ]
	expect 0 ao session ls
	has "waits until $at"
	{ sed 's/^  standin:$/  other:/' "$CONFIG" | sed -n '/^agents:/,/^projects:/p' | sed '1d;$d'; } >"$BOX/other"
	sed "/^agents:/r $BOX/other" "$CONFIG" >"$CONFIG.new"
	mv "$CONFIG.new" "$CONFIG"
	expect 0 ao spawn frontend 8 --agent other
	[ "$(field fe-3 status)" != queued ]
	# its runtime gone: what was written down is what is known
	ao poll
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	ao poll
	[ "$(field fe-2 status)" = queued ]
	ao session kill fe-1 # and so is what fe-2 was told
	[ "$(field fe-2 status)" = queued ]
	later 123 ao poll
	wait_for 10 in_tmux fe-2
	[ -z "$(field fe-2 limitedUntil)" ]
}

@test "told by its screen alone, and the time is that of the first look" {
	AGENT="standin --no-hooks --turn-ms 0" limit_config
	sed -i "s/^    process: standin/&\n    screen: {blocked: '^You.ve hit your'}/" "$CONFIG"
	spawn frontend
	ao send fe-1 "You've hit your limit, try again at $(hour 2) UTC" || true
	wait_for 10 is fe-1 status needs_input
	ao poll
	at=$(field fe-1 limitedUntil)
	[ -n "$at" ]
	later 5 ao status --json | jq -r '.[0].limitedUntil' >"$BOX/at"
	[ "$(cat "$BOX/at")" = "$at" ]
}

@test "the daemon sleeps until T, and goes on then" {
	spawn frontend
	ao start >/dev/null
	at=$((NOW - 85))
	spent fe-1 "You've hit your limit · resets $at"
	wait_for 30 took fe-1 1
	heard fe-1 "Your usage limit has been reset"
	ready fe-1
	wait_for 20 recorded_idle
	took fe-1 1
}
recorded_idle() { [ "$(field fe-1 status)" = idle ] && [ -z "$(field fe-1 limitedUntil)" ]; }
