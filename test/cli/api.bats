#!/usr/bin/env bats
# An agent that is asked and told over HTTP: opencode by its data file, with test/fake-opencode in its place.
load box

setup() {
	box_open || return
	export FAKE=$BOX/fake
	mkdir "$FAKE"
	touch "$FAKE/log"
	export PATH=$BATS_TEST_DIRNAME/../fake-opencode:$PATH
	sed -i 's/agent: standin/agent: opencode/' "$CONFIG"
}

mode() { echo "$1" >"$FAKE/new" && mv "$FAKE/new" "$FAKE/mode"; }
count() { grep -c "^$1" "$FAKE/log" || true; } # WHAT
counts() { [ "$(count "$1")" = "$2" ]; }       # WHAT N
does() { [ "$(fact fe-1 activity)" = "$1" ]; }
started() {
	ao spawn frontend --prompt first >/dev/null
	wait_for 10 does ready
}
outbox() { sed -n "s/^$2=//p" "$DATA/fe-1/outbox/$1"; } # NUMBER KEY

@test "what its interface says is what it does" {
	started
	while read -r mode activity words; do
		mode "$mode"
		wait_for 10 does "$activity"
		expect 0 ao status --why fe-1
		has "$words"
		has "live status"
	done <<-T
		busy active it is busy
		permission waiting_input it asks for a permission: bash rm -rf x
		question waiting_input it asks: Which color?
		retry active it tries again (attempt 3): overloaded
		none ready it is idle
	T
	mode error
	ao send fe-1 "more"
	mode none
	wait_for 10 does blocked
	expect 0 ao status --why fe-1
	has "its turn ended in an error: no quota"
	expect 0 ao status --json
	[ "$(jq -c '.[0] | [.summary, .usage.input, .usage.cacheRead, .usage.costUsd, .usage.priceSource]' <<<"$output")" = \
		'["ok: first",100,3,0.25,"opencode"]' ]
}

@test "a message goes to it, once, and nothing is typed; while it works, it waits there" {
	started
	expect 0 ao send fe-1 "two lines
and \"quotes\" 漢"
	[ "$output" = "✓ Message sent and processing" ]
	counts post 1
	grep -qF '"two lines\nand \"quotes\" 漢"' "$FAKE/log"
	[ "$(outbox 0001 state)" = accepted ]
	[[ $(outbox 0001 ticket) == ses_*' msg_'* ]]
	mode busy
	expect 7 ao send fe-1 --timeout 1 "not now"
	expect 0 ao send fe-1 --no-wait "when you can"
	[ "$output" = "✓ Message queued (session finishing previous task)" ]
	for mode in permission question; do
		mode "$mode"
		expect 6 ao send fe-1 --no-wait "yes"
		expect 6 ao send fe-1 --timeout 1 "yes"
	done
	counts post 2
	counts typed 0
}

@test "--answer goes to it by number or words, and nothing is typed; also while somebody looks back" {
	started
	expect 6 ao send fe-1 --answer yes
	tmux copy-mode -t =fe-1:
	while read -r mode option want; do
		mode "$mode"
		wait_for 10 does waiting_input
		expect 6 ao send fe-1 --answer "no such option"
		errs "not among the options"
		expect 0 ao send fe-1 --answer "${option//_/ }"
		[ "$(tail -1 "$FAKE/log")" = "reply $want" ]
		does ready
	done <<-T
		permission 1 permission {"reply":"once"}
		permission allow_always permission {"reply":"always"}
		permission rej permission {"reply":"reject"}
		question 2 question {"answers":[["Dark blue"]]}
		question red question {"answers":[["Red"]]}
	T
	counts typed 0
}

@test "the options that it offers are told where a message is refused" {
	started
	mode permission
	expect 6 ao send fe-1 "hello"
	errs "it asks for a permission: bash rm -rf x"
	errs "3. Reject"
	mode questions # of several answers its terminal alone is told
	expect 6 ao send fe-1 "hello"
	[[ $stderr != *"2. Dark blue"* ]]
	expect 6 ao send fe-1 --answer Red
	counts reply 0
}

@test "--interrupt goes to it, and no key is pressed" {
	started
	mode busy
	tmux copy-mode -t =fe-1:
	expect 0 ao send fe-1 --interrupt "instead"
	[ "$(grep -c '^abort session' "$FAKE/log")" = 1 ]
	counts post 1
	counts typed 0
	expect 0 ao send fe-1 --interrupt "it is at rest"
	[ "$(grep -c '^abort session' "$FAKE/log")" = 1 ]
}

@test "a turn that its death cut off is asked for again, once" {
	started
	mode busy
	expect 0 ao send fe-1 --no-wait "work"
	for times in 1 1; do
		kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
		wait_for 10 does exited
		mode none
		expect 0 ao session restore fe-1
		[ "$(grep -c "^post .*continue where it stopped" "$FAKE/log")" = "$times" ]
		wait_for 10 does ready
	done
	grep -q '^export ses_.* --sanitize' "$FAKE/log"
}

@test "one that is refused is not sent, and is told" {
	started
	mode refuse
	expect 1 ao send fe-1 "hello"
	errs "opencode: refused"
	[ "$(outbox 0001 state)" = failed ]
	counts typed 0
}

@test "a broken answer: asked whether it has it, and not sent again" {
	started
	mode lost
	expect 0 ao send fe-1 "hello"
	counts post 1
	[ "$(outbox 0001 state)" = accepted ]
}

# What a kill -9 left between the note of it and the POST, or between the POST and its answer.
@test "a message that a crash left is finished by the next, by its own ticket" {
	started
	ao send fe-1 "one"
	for n in 2 3; do
		sed -e 's/^state=.*/state=typing/' -e "s/\(^ticket=.*\)..$/\1$n$n/" "$DATA/fe-1/outbox/0001" >"$DATA/fe-1/outbox/000$n"
	done
	ticket=$(outbox 0003 ticket)
	sed -i "s/^ticket=.*/ticket=ses_another ${ticket#* }/" "$DATA/fe-1/outbox/0003"
	expect 0 ao send fe-1 "four"
	[ "$(outbox 0002 state) $(outbox 0003 state)" = "accepted unconfirmed" ]
	counts post 3
	# the agent has it, and the state on disk does not say so yet
	sed -i 's/^state=.*/state=submitted/' "$DATA/fe-1/outbox/0002"
	expect 0 ao send fe-1 "five"
	[ "$(outbox 0002 state)" = accepted ]
	counts post 4
	counts typed 0
}

@test "its own program says which conversation it was in; a poll writes that down" {
	started
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 10 does exited
	expect 0 ao session restore fe-1
	counts list 1
	wait_for 10 grep -q "^start .*-s ses_" "$FAKE/log"
	wait_for 10 does ready
	ao poll
	read -r _ id <"$DATA/fe-1/conversations"
	[[ $id == ses_* ]]
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 10 does exited
	expect 0 ao session restore fe-1
	counts list 1
	wait_for 10 does ready
	expect 0 ao send fe-1 "go on"
	[ "$(jq '.sessions | length' "$FAKE/store")" = 1 ]
}

@test "where nobody answers, the screen and the keys are left" {
	ao spawn frontend >/dev/null
	wait_for 10 does ready
	# no conversation yet: the interface is up, and says so; the message is typed, and seen over HTTP, if late
	mode late
	expect 0 ao send fe-1 "typed first"
	counts typed 1
	counts post 0
	expect 0 ao send fe-1 "then told"
	counts typed 1
	counts post 1
}

@test "where it cannot be asked for a fault of ours, all is as without its interface" {
	started
	for command in "status --why fe-1" "session ls" poll; do
		# shellcheck disable=SC2086 # words
		expect 0 env AO_HTTP_BIN=/bin/false ao $command
		lacks "live status"
	done
}

@test "a port, a password for each start, and no proxy between" {
	FRONTEND="ports: 1" box_config
	sed -i 's/agent: standin/agent: opencode/' "$CONFIG"
	started
	[ "$(stat -c %a "$DATA/fe-1/api")" = 600 ]
	port=$(sed -n 's/^port=//p' "$DATA/fe-1/api") secret=$(sed -n 's/^secret=//p' "$DATA/fe-1/api")
	grep -q "^start --port $port --hostname 127.0.0.1 " "$FAKE/log"
	[ "$port" != "$(field fe-1 ports)" ]
	grep -qx "$port=$DATA/fe-1" "$HOME/.agent-orchestrator/ports"
	tr '\0' '\n' <"/proc/$(sed -n 's/^pid=//p' "$DATA/fe-1/run")/environ" >"$BOX/env"
	grep -qx "OPENCODE_SERVER_PASSWORD=$secret" "$BOX/env"
	run ! grep -q "^AO_PORT.*=$port" "$BOX/env"
	run ! grep -rq "$secret" "$FAKE/log" "$DATA/fe-1/metadata" "$DATA/events.jsonl"
	expect 0 env http_proxy=http://127.0.0.1:9 ao status --why fe-1
	has "live status"
	# whoever else sits on its port is not believed
	sed -i 's/^secret=.*/secret=another/' "$DATA/fe-1/api"
	wait_for 10 does ready
	expect 0 ao status --why fe-1
	lacks "live status"
	ao session kill fe-1
	[ ! -e "$DATA/fe-1/api" ]
	[ ! -s "$HOME/.agent-orchestrator/ports" ]
}
