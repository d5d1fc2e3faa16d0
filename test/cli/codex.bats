#!/usr/bin/env bats
# An agent that shares an app-server with its terminal: Codex by its data file, with test/fake-codex in its place.
load box

setup() {
	box_open || return
	export FAKE=$BOX/fake
	mkdir "$FAKE"
	touch "$FAKE/log"
	export PATH=$BATS_TEST_DIRNAME/../fake-codex:$PATH
	sed -i 's/agent: standin/agent: codex/' "$CONFIG"
}

mode() { echo "$1" >"$FAKE/mode"; }
count() { grep -c "^$1" "$FAKE/log" || true; } # WHAT
counts() { [ "$(count "$1")" = "$2" ]; }       # WHAT N
does() { [ "$(fact fe-1 activity)" = "$1" ]; }
started() {
	ao spawn frontend >/dev/null
	wait_for 15 does ready
}

@test "a message is a turn of its thread, byte for byte, and nothing is typed" {
	started
	tmux send-keys -t fe-1 "what a person is typing"
	for text in "short" $'two\nlines of "quotes" and \\ \'s' '$HOME `x` %1 #{pane_id};' 'é 漢 🙂' '!ls' "$(seq 1 20000)"; do
		expect 0 ao send fe-1 --file - <<<"$text"
		[ "$output" = "✓ Message sent and processing" ]
		want=$text
		case $text in [\!\$]*) want="[ao] $text" ;; esac
		[ "$(tail -1 "$FAKE/log")" = "turn person $(jq -Rs 'rtrimstr("\n")' <<<"$want")" ]
	done
	counts turn 6
	counts typed 0
	run -0 tmux capture-pane -p -t =fe-1:
	has "what a person is typing"
}

@test "where another thread is loaded, its terminal may show that one, and it is typed" {
	started
	mode threads
	expect 0 ao send fe-1 "to whom it shows"
	counts "typed to whom it shows" 1
	counts turn 0
	mode none
	expect 0 ao send fe-1 "again"
	counts "turn person" 1
}

@test "what it refuses has failed, with its words; what it took before it hung up has a receipt" {
	started
	mode refuse
	expect 1 ao send fe-1 "no"
	errs "no such thread"
	expect 0 ao events fe-1
	has "state=failed"
	mode lost
	expect 0 ao send fe-1 "yes"
	counts turn 2
	counts typed 0
}

# STATUS ACTIVITY: its thread's status, as its app-server tells it, and what that is
tells() {
	echo "$1" >"$FAKE/status.new"
	mv "$FAKE/status.new" "$FAKE/status" # it may be read at any time
	expect 0 ao status --why fe-1
	echo "$output"
	has "live status"
	does "$2"
}

@test "what it does is asked of its app-server, and outranks what it reported" {
	started
	expect 0 ao send fe-1 "hello"
	tells '{"type":"active","activeFlags":[]}' active
	has "a turn of it is running"
	tells '{"type":"active","activeFlags":["waitingOnApproval"]}' waiting_input
	expect 6 ao send fe-1 "into a question"
	counts turn 1
	tells '{"type":"active","activeFlags":["waitingOnUserInput"]}' waiting_input
	tells '{"type":"systemError"}' blocked
	tells '{"type":"idle"}' ready
	# another thread is loaded: its hooks named this one
	mode threads
	tells '{"type":"active","activeFlags":[]}' active
	rm "$DATA/fe-1/conversations"
	tells '{"type":"active","activeFlags":[]}' ready
	has "several of its threads are loaded"
}

@test "an app-server that does not answer keeps nobody waiting for long, and what it reported tells" {
	started
	expect 0 ao send fe-1 "hello"
	echo '{"type":"systemError"}' >"$FAKE/status"
	kill -STOP "$(cat "$FAKE/server")"
	from=$SECONDS
	expect 0 ao status --why fe-1
	[ $((SECONDS - from)) -le 4 ]
	[[ $output != *"live status"* ]]
	does ready
	kill -CONT "$(cat "$FAKE/server")"
	wait_for 10 does blocked
}

@test "without an app-server it runs alone, and is typed to" {
	for mode in unready long; do
		mode "$mode"
		[ "$mode" != long ] || sed -i "1a dataDir: $BOX/$(printf '%0100d' 0)" "$CONFIG"
		started
		counts "start --no-daemon" 1
		expect 0 ao send fe-1 "hello"
		counts "typed hello" 1
		counts turn 0
		ao session kill fe-1 --now >/dev/null
		: >"$FAKE/log"
	done
}

@test "with its app-server it ends, and with it its app-server" {
	started
	kill -9 "$(cat "$FAKE/server")"
	wait_for 10 does exited
	expect 0 ao session restore fe-1
	wait_for 15 does ready
	expect 0 ao send fe-1 "on"
	counts turn 1
	server=$(cat "$FAKE/server")
	tmux send-keys -t fe-1 C-u "/quit" Enter
	wait_for 10 does exited
	[ "$(sed -n 's/^code=//p' "$DATA/fe-1/exit")" = 7 ]
	wait_for 10 eval "! kill -0 $server 2>/dev/null"
}

@test "a Codex that is not installed is missed before anything is made" {
	export PATH=$AO_BUILD:/usr/bin:/bin
	hash -r
	expect 1 ao spawn frontend
	errs "agent 'codex' is not installed"
	[ ! -e "$DATA/fe-1" ]
	expect 0 ao agent ls
	has "codex"
}
