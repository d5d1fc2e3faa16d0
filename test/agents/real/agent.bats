#!/usr/bin/env bats
# What ao promises, kept with a real agent: $REAL_AGENT (see real.bash).
load real

# A question stands open for two seconds, then a key answers it.
asks() { # TEXT OF THE TURN, WHAT THEN IS TRUE, KEYS…
	say "$1"
	tells waiting_input
	sleep 2
	truth "$2"
	press "${@:3}"
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
	say "fail [[error:400]]"
	tells blocked
	sleep 2
	say "again [[say:well]]"
	tells ready
	say "silent [[stall:3]] [[say:said]]"
	tells active
	tells ready
	say "long [[slow:30]]"
	tells active
	sleep 2
	say --interrupt "instead [[say:yes]]"
	heard_once "instead [[say:yes]]"
	tells ready
	say "nothing yet [[stall:30]]"
	tells active
	sleep 2
	for key in ${INTERRUPT:-Escape}; do tmux send-keys -t fe-1 "$key" && sleep 0.15; done
	tells ready
	sleep 2
	[ "$(AO_TEST_NOW=$((${EPOCHREALTIME/./} / 1000 + 360000)) fact fe-1 activity)" = idle ]
	truth exited
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	tells exited
	sleep 2
	judge calls="${ASKS:+waiting_input}"
}

# One of each kind, numbered; what arrives is written down.
send_one() { # KIND NUMBER
	local text arrives
	case $1 in
	short) text="short $2" ;;
	lines) text=$(printf 'two lines %d\nof words\n\nand a third' "$2") ;;
	large) text=$(for i in {1..400}; do echo "line $i of long message $2, with words in it to fill it"; done) ;;
	special)
		text="quotes $2 \" ' \$HOME \`x\` \\n ; é 漢 🙂 100% #tag {} ~"$'\u26a0\ufe0f\ta\u200bb\u202ec '"${ENDING:-\\}"
		[ -z "${ALTERS:-}" ] || arrives=$(sed "$ALTERS" <<<"$text")
		;;
	shell) text="!ls" arrives="[ao] !ls" ;;
	quit) text="/quit" arrives="[ao] /quit" ;;
	mention) text="look $2 @re" arrives="look $2 @${EXPANDS:-re}" ;;
	esac
	say --timeout 60 --file - <<<"$text"
	sent "${arrives:-$text}"
}
# While it works: every other one waits, the rest are put into the agent's own queue.
send_busy() { # NUMBER
	say "work $1 [[slow:1]]"
	sent "work $1 [[slow:1]]"
	sent "while busy $1"
	if [ $(($1 % 2)) = 0 ] || [ -z "${QUEUES:-}" ]; then
		say "while busy $1"
	else
		expect 0 ao send fe-1 --no-wait "while busy $1"
	fi
}

@test "what is sent is what the model gets, once: ${SENDS:=3} of each kind" {
	expect 0 ao spawn frontend
	tells ready
	for kind in short lines large special shell quit mention; do
		for ((n = 1; n <= SENDS; n++)); do send_one $kind $n; done
	done
	for ((n = 1; n <= SENDS; n++)); do send_busy $n; done
	wait_for 30 as_many_heard
	tells ready
	sleep 1
	all_heard
	run ! grep -F '"cleared"' "$DATA/events.jsonl" # none of it was taken for a person's words
}

# The turn asks for a permission a moment later, and meanwhile somebody else sends.
cross() { # NUMBER
	local word="meanwhile $1" status output stderr
	say "ask $1 [[stall:0.$(((RANDOM % 9000) + 999))]] [[bash:touch unwanted-$1]] [[say:done $1]]"
	run --separate-stderr timeout -k 5 100 ao send fe-1 ${QUEUES:+--no-wait} "$word"
	echo "sent across: $status: $output $stderr"
	echo "$status" >>"$BOX/outcomes"
	case $status in 0 | 3 | 6) ;; *) return 1 ;; esac
	tells_question "$word" || return
	[ -z "${JOINED:-}" ] || return 0
	sleep 1.5
	[ ! -e "$TREES/fe-1/unwanted-$1" ] || { echo "the dialog was answered"; return 1; }
	is_now waiting_input || return
	allow || return
	wait_for 10 test -e "$TREES/fe-1/unwanted-$1" || return
	if [ "$status" = 6 ]; then
		tells ready || return
		[ "$(heard_times "$word")" = 0 ] || { echo "refused, and heard"; return 1; }
		say "$word" || return
	fi
	# the dialog may have swallowed its Enter
	[ "$status" != 3 ] || wait_for 30 heard_by_poll "$word" || return
	heard_once "$word" || return
	tells ready
}
# One that joins the turn before the model has answered is what the model answers, and it asks for nothing.
tells_question() { # WORD
	local tries
	JOINED=
	for ((tries = 0; tries < 600; tries++)); do
		! is_now waiting_input || return 0
		[ -z "${JOINS:-}" ] || ! is_now ready || [ "$(heard_times "$1")" != 1 ] || { JOINED=yes; return 0; }
		sleep 0.1
	done
	echo "no question, and not joined: $1"
	return 1
}
heard_by_poll() { ao poll >/dev/null 2>&1; heard_some "$1"; } # TEXT

@test "nothing is typed into a question, and nothing is lost by one: ${DIALOGS:=3} times" {
	[ -n "${ASKS:-}" ] || skip "it never asks"
	expect 0 ao spawn frontend
	tells ready
	for ((n = 1; n <= DIALOGS; n++)); do cross $n || return; done
	echo "# exit codes: $(sort "$BOX/outcomes" | uniq -c | paste -sd, | tr -s ' ')" >&3
	for ((n = 1; n <= DIALOGS; n++)); do
		[ "$(heard_times "meanwhile $n")" = 1 ] || { echo "heard again: $n"; return 1; }
	done
}

@test "an option of what it asks is chosen by its number, and by its words" {
	[ -n "${ASKS:-}" ] || skip "it never asks"
	expect 0 ao spawn frontend
	tells ready
	for option in 1 "${YES:-Yes}" 2; do # the last allows all of its kind
		say "allow $option [[bash:touch wanted]] [[say:ran]]"
		tells waiting_input
		expect 6 ao send fe-1 --answer "none of these"
		expect 0 ao send fe-1 --answer "$option"
		wait_for "${PATIENCE:-20}" test -e "$TREES/fe-1/wanted"
		tells ready
		rm "$TREES/fe-1/wanted"
	done
}

@test "its conversation is summed up at a person's word: that is work, and then it is ready" {
	expect 0 ao spawn frontend --prompt "hello [[say:first]]"
	tells ready
	say "hello again [[say:second]]"
	tells ready
	touch "$HEARD.hold"
	tmux send-keys -t fe-1 -l "${SUM_UP:-/compact}"
	sleep 1
	tmux send-keys -t fe-1 Enter
	tells active
	sleep 3
	is_now active
	rm "$HEARD.hold"
	tells ready
	say "and now [[say:third]]"
	heard_once "and now [[say:third]]"
	tells ready
}

@test "what a person has half typed is kept in the log, and a message is heard as it is" {
	expect 0 ao spawn frontend
	tells ready
	say "hello [[say:first]]" # what is pasted before it listens for pastes is typed
	tells ready
	for keys in "" Up "Up Up Home"; do
		printf 'half\nof a\nthought' | tmux load-buffer -b half -
		tmux paste-buffer -p -d -b half -t fe-1
		sleep 1
		for key in $keys; do tmux send-keys -t fe-1 "$key" && sleep 0.2; done
		say "behind ${keys:-nothing}"
		heard_once "behind ${keys:-nothing}"
		tells ready
		if [ -n "${CHANNEL:-}" ]; then # its input line is the person's alone
			continue
		fi
		grep '"cleared"' "$DATA/events.jsonl" | tail -1 | grep -F 'half\nof a\nthought'
	done
}

# In the middle of a turn; what was said before is seen again by the model.
comes_back() { # WORD
	tells exited || return
	expect 0 ao session restore fe-1 || return
	tells ready || return
	say "$1 [[say:on]]" || return
	heard_once "$1 [[say:on]]" || return
	jq -se --arg text "$1 [[say:on]]" 'map(select(.did == "asked" and (.text | contains($text)))) | .[0] | .said >= 2 and
		(.before | any(contains("remember")))' "$HEARD" >/dev/null || { echo "$1: the conversation is another"; return 1; }
	tells ready
}

@test "killed in the middle of a turn, it is restored into its conversation" {
	expect 0 ao spawn frontend --prompt "remember [[say:noted]]"
	tells ready
	say "work [[slow:30]]"
	wait_for 10 heard_some "work [[slow:30]]"
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	comes_back "after the agent"
	[ "$(heard_times "$CONTINUE")" = 1 ] || { echo "its turn was not asked for again"; return 1; }
	say "work again [[slow:30]]"
	wait_for 10 heard_some "work again [[slow:30]]"
	kill -9 "$(tmux display-message -p '#{pid}')"
	comes_back "after the server"
}

# ao dies at a random instant of sending; the next one finishes what it left or says what became of it.
@test "a message outlives the ao that sends it, and is heard once at most: ${KILLS:=3} times" {
	expect 0 ao spawn frontend
	tells ready
	for ((n = 1; n <= KILLS; n++)); do
		ao send fe-1 "killed $n" >/dev/null 2>&1 3>&- &
		pid=$!
		sleep "0.$(printf %03d $((RANDOM % 900)))"
		kill -9 $pid 2>/dev/null || true
		wait $pid || true
		say "after $n"
		tells ready
		heard_once "after $n"
		[ "$(heard_times "killed $n")" -le 1 ]
		[ "$(jq -s --arg text "killed $n" 'map(select(.did == "asked" and .side == false and .step == 0 and (.text | contains($text)))) | length' "$HEARD")" -le 1 ]
	done
	echo "# $(for ((n = 1; n <= KILLS; n++)); do heard_times "killed $n"; done | grep -c 1) of $KILLS were heard" >&3
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

# Another agent of the same kind, run by its shell tool, reports to the same hooks, from the same folder.
@test "an agent inside it says nothing about it" {
	expect 0 ao spawn frontend --prompt "remember [[say:noted]]"
	tells ready
	watch_from_now
	for words in "$NESTED" ${NESTED_AGAIN:+"$NESTED_AGAIN"}; do
		say "run [[bash:$words 'nested [[slow:2]''] [[say:inner]'']' </dev/null; sleep 3]] [[say:outer]]"
		if [ -n "${ASKS:-}" ]; then
			tells waiting_input
			sleep 1
			truth active
			allow
		fi
		wait_for 30 grep -q '"text":"\(<[^"]*\\n\|\\"\)*nested' "$HEARD"
		tells ready
		sleep 2
	done
	judge ${ASKS:+calls=waiting_input}
}

@test "a conversation full of all agents' screens fools nobody" {
	SCREENS=$BATS_TEST_DIRNAME/../screens
	expect 0 ao spawn frontend
	tells ready
	watch_from_now
	# three of each agent and activity: some 40 KB
	# shellcheck disable=SC2016 # sed's own
	marks=$(awk 'seen[$1 $3]++ < 3 { print $1 "/" $2 ".ansi" }' "$SCREENS/STATES.tsv" | while read -r f; do
		sed 's/\x1b\[[0-9;:]*m//g; s/\[\[//g; s/\]\]//g' "$SCREENS/$f" | grep -av '^ *$' | tail -6 | cut -c1-100
	done | iconv -c -f utf-8 -t utf-8)
	say --file - <<<"print [[slow:2]] [[say:$marks]]"
	tells ready
	sleep 3
	say "and [[stall:2]] [[say:$(tail -30 <<<"$marks")]]"
	tells ready
	sleep 3
	say "well [[say:well]]"
	heard_once "well [[say:well]]"
	judge
}
