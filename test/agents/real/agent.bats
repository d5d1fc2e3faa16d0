#!/usr/bin/env bats
# What ao promises, kept with a real agent: $REAL_AGENT (see real.bash).
load real

# In order: a message is one turn of exactly this text.
sends() { # TEXT, WHAT ARRIVES
	expect "${RECEIPT:-0}" ao send fe-1 --timeout 60 --file - <<<"$1"
	[ -n "${RECEIPT:-}" ] || has "Message sent and processing"
	heard_once "${2-$1}"
	tells ready
}

# A question stands open for two seconds, then a key answers it.
asks() { # TEXT OF THE TURN, WHAT THEN IS TRUE, KEYS…
	expect "${RECEIPT:-0}" ao send fe-1 "$1"
	tells waiting_input
	sleep 2
	truth "$2"
	tmux send-keys -t fe-1 "${@:3}"
	tells "$2"
}

@test "what it does is told within a second, turn by turn" {
	expect 0 ao spawn frontend --prompt "hello [[slow:3]] [[say:first]]"
	watch_from_now
	tells active
	tells ready
	heard_once "hello [[slow:3]] [[say:first]]"
	sleep 2
	if [ -n "${ASKS:-}" ]; then
		asks "refuse [[bash:touch unwanted]] [[say:ran]]" ready Escape
		[ ! -e "$TREES/fe-1/unwanted" ]
		sleep 2
		asks "allow [[bash:touch wanted; sleep 3]] [[say:ran]]" active Enter
		tells ready
		[ -e "$TREES/fe-1/wanted" ]
	fi
	if [ -n "${QUESTIONS:-}" ]; then
		sleep 2
		asks "question [[ask]] [[stall:2]] [[say:asked]]" active Enter
		tells ready
	fi
	sleep 2
	expect "${RECEIPT:-0}" ao send fe-1 "fail [[error:400]]"
	tells blocked
	sleep 2
	expect "${RECEIPT:-0}" ao send fe-1 "again [[say:well]]"
	tells ready
	expect "${RECEIPT:-0}" ao send fe-1 "silent [[stall:3]] [[say:said]]"
	tells active
	tells ready
	expect "${RECEIPT:-0}" ao send fe-1 "long [[slow:30]]"
	tells active
	sleep 2
	expect "${RECEIPT:-0}" ao send fe-1 --interrupt "instead [[say:yes]]"
	heard_once "instead [[say:yes]]"
	tells ready
	expect "${RECEIPT:-0}" ao send fe-1 "nothing yet [[stall:30]]"
	tells active
	sleep 2
	tmux send-keys -t fe-1 "${INTERRUPT:-Escape}"
	tells ready
	sleep 2
	[ "$(AO_TEST_NOW=$((${EPOCHREALTIME/./} / 1000 + 360000)) fact fe-1 activity)" = idle ]
	truth exited
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	tells exited
	sleep 2
	judge calls="${ASKS:+waiting_input}"
}

@test "what is sent is what the model gets, once" {
	expect 0 ao spawn frontend
	tells ready
	sends "short"
	sends "two lines
of words

and a third"
	sends "quotes \" ' \$HOME \`x\` \\n ; é 漢 🙂 100% #tag"
	sends "$(for i in {1..400}; do echo "line $i of a long message, with words in it to fill"; done)"
	sends "!ls" "[ao] !ls"
	sends "/quit" "[ao] /quit"
	sends "look @re" "look @${EXPANDS:-re}"
	expect "${RECEIPT:-0}" ao send fe-1 "work [[slow:6]]"
	tells active
	expect 0 ao send fe-1 --no-wait "while busy"
	wait_for 30 grep -q "while busy" "$HEARD"
	tells ready
}

@test "a dead agent is restored into its conversation" {
	expect 0 ao spawn frontend --prompt "remember [[say:noted]]"
	tells ready
	wait_for 10 transcript_says noted
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	tells exited
	expect 0 ao session restore fe-1
	tells ready
	sends "go on [[say:on]]"
	[ "$(jq -s 'map(select(.text == "go on [[say:on]]")) | .[0].said' "$HEARD")" -ge 2 ]
}

@test "what has left no conversation starts afresh, with a recap" {
	expect 0 ao spawn frontend --prompt "remember [[say:noted]]"
	tells ready
	wait_for 10 transcript_says noted
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	tells exited
	lose_conversation
	expect 0 ao session restore fe-1
	tells ready
	wait_for 20 grep -q "your conversation was lost" "$HEARD"
}
