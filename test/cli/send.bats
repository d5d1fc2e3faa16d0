#!/usr/bin/env bats
load box

@test "a ready agent gets it once, and says so" {
	spawn frontend
	expect 0 ao send fe-1 "Please address the review comments on your PR"
	[ "$output" = "✓ Message sent and processing" ]
	took fe-1 1
	heard fe-1 "Please address the review comments on your PR"
}

@test "every kind of text arrives intact" {
	spawn frontend
	n=0
	for text in "quote ' and \" and \\ back" 'dollar $(touch canary) `id` $HOME' '-leading dash' 'trailing semicolon;' \
		'two;; #{pane_id} #(id) %1 ~' $'several\nlines\n\n  with space' 'é 漢字 🙂 …' 'a' '*' '{prompt}' $'tab\there'; do
		expect 0 ao send fe-1 -- "$text"
		n=$((n + 1))
		wait_for 5 took fe-1 $n
		[ "$(last_message fe-1 | sed 's/[[:space:]]*$//')" = "$(printf '%s' "$text" | sed 's/[[:space:]]*$//')" ]
		ready fe-1
	done
	[ ! -e "$TREES/fe-1/canary" ]
}

@test "100 KB, from a file and from standard input" {
	spawn frontend
	{ seq 1 17000 | sed 's/$/x/' | head -c 100000; echo END; } >"$BOX/long"
	expect 0 ao send fe-1 --file "$BOX/long"
	took fe-1 1
	[ "$(last_message fe-1 | tr -d '[:space:]' | md5sum)" = "$(tr -d '[:space:]' <"$BOX/long" | md5sum)" ]
	ready fe-1
	expect 0 ao send fe-1 --file - <"$BOX/long"
	took fe-1 2
}

@test "several words are one message" {
	spawn frontend
	expect 0 ao send fe-1 please run the tests
	heard fe-1 "please run the tests"
}

@test "control bytes are taken out and counted, NUL and nothing refused" {
	spawn frontend
	expect 0 ao send fe-1 $'red \e[201~ text \x03\x01 end'
	[[ $output$stderr == *3* ]]
	heard fe-1 "red [201~ text  end"
	expect 2 ao send fe-1 ""
	expect 2 ao send fe-1
	printf 'a\0b' >"$BOX/nul"
	expect 2 ao send fe-1 --file "$BOX/nul"
	took fe-1 1
}

@test "a first character that is a command of the agent's is fenced, unless --raw" {
	spawn frontend
	expect 0 ao send fe-1 /quit
	heard fe-1 "[ao] /quit"
	ready fe-1
	expect 0 ao send fe-1 --raw "!raw"
	took fe-1 2
	run ! heard fe-1 "[ao] !raw"
}

@test "a swallowed Enter is pressed again, the text is not typed again" {
	AGENT="standin --turn-ms 50 --swallow 1" box_config
	spawn frontend
	expect 0 ao send fe-1 "once and only once"
	took fe-1 1
	[ "$(grep -o 'once and only once' "$STANDIN_LOG/fe-1.log" | wc -l)" = 1 ]
}

@test "what a screen leaves out of a text is no other text: a swallowed Enter is pressed again" {
	AGENT="standin --turn-ms 50 --swallow 1" box_config
	spawn frontend
	expect 0 ao send fe-1 "$(printf 'is\ufeff it\tthis \u26a0\ufe0f one')"
	took fe-1 1
}

@test "an agent that never takes Enter: not confirmed, exit 3" {
	AGENT="standin --turn-ms 50 --swallow 1000" box_config
	spawn frontend
	expect 3 ao send fe-1 "lost"
	[[ $output == "! Message sent — could not confirm it was received"* ]]
	took fe-1 0
}

@test "an agent without evidence: not confirmed, exit 3" {
	AGENT="standin --turn-ms 50 --no-hooks" box_config
	ao spawn frontend
	wait_for 5 test -s "$DATA/fe-1/run"
	expect 3 ao send fe-1 "hello" --timeout 30
	[ "$output" = "! Message sent — could not confirm it was received" ]
	wait_for 5 took fe-1 1
}

@test "a busy agent is waited for" {
	ao spawn frontend --prompt "$HELD"
	wait_for 5 is fe-1 activity active
	ao send fe-1 "next" >"$BOX/out" 2>&1 &
	wait_for 5 test -e "$DATA/fe-1/outbox/0001"
	took fe-1 1
	touch "$BOX/go"
	wait $!
	[ "$(cat "$BOX/out")" = "✓ Message sent and processing" ]
	took fe-1 2
	wait_for 10 polled answered
	[ "$(ao events fe-1 --json | jq -r 'select(.type == "message").state' | paste -sd' ')" = "queued typing submitted accepted answered" ]
	run -0 ao poll
	[ -z "$output" ]
}

@test "--timeout: exit 7, nothing typed" {
	ao spawn frontend --prompt "$HELD"
	wait_for 5 is fe-1 activity active
	expect 7 ao send fe-1 "next" --timeout 1
	took fe-1 1
	sleep 0.3
	run -0 tmux capture-pane -p -t =fe-1:
	lacks next
	expect 2 ao send fe-1 x --timeout soon
}

@test "--no-wait on a busy agent that queues" {
	ao spawn frontend --prompt "$HELD"
	wait_for 5 is fe-1 activity active
	expect 0 ao send fe-1 "queue me" --no-wait
	[ "$output" = "✓ Message queued (session finishing previous task)" ]
	took fe-1 1
	touch "$BOX/go"
	wait_for 10 took fe-1 2
	[ "$(grep -c 'queue me' "$STANDIN_LOG/fe-1.log")" = 1 ]
}

@test "a menu is never typed into: exit 6 with its text" {
	AGENT="standin --turn-ms 50 --menu" box_config
	ao spawn frontend --prompt "ask me"
	wait_for 10 is fe-1 activity waiting_input
	n=$(messages fe-1)
	for words in "" --no-wait; do
		# shellcheck disable=SC2086
		expect 6 ao send fe-1 "hello there" $words
		took fe-1 "$n"
	done
	run -0 tmux capture-pane -p -t =fe-1:
	lacks 'hello there'
	expect 6 ao send fe-1 --answer "No such option, surely"
}

@test "a question that is reported before it is drawn is answered once it is" {
	AGENT="standin --turn-ms 50 --menu --late-menu 1500" box_config
	ao spawn frontend --prompt "ask me"
	wait_for 10 is fe-1 activity waiting_input
	expect 0 ao send fe-1 --answer Yes
	grep -qE '^(DANGER|ANSWER 1)$' "$STANDIN_LOG/fe-1.log"
}

drawn() { tmux capture-pane -p -t =fe-1: | grep -qF "❯ 1"; }
@test "a reported question is waited for also while the title says that it works" {
	AGENT="standin --turn-ms 50 --menu --late-menu 2500" box_config
	sed -i "s|process: standin|&\n    title: {active: '^busy', waiting: '^asks'}|" "$CONFIG"
	ao spawn frontend --prompt "ask me"
	wait_for 10 is fe-1 activity waiting_input
	tmux select-pane -t =fe-1: -T busy
	wait_for 10 is fe-1 activity active # it was reported a second ago, and is not drawn
	(wait_for 10 drawn && tmux select-pane -t =fe-1: -T asks) &
	expect 0 ao send fe-1 --answer Yes
	wait $!
	grep -qE '^(DANGER|ANSWER 1)$' "$STANDIN_LOG/fe-1.log"
}

@test "a dialog that hears no first key: Enter again, where its agent would have reported an answer" {
	AGENT="standin --turn-ms 50 --menu --deaf-menu" box_config
	ao spawn frontend --prompt "ask me"
	wait_for 10 is fe-1 activity waiting_input
	expect 0 ao send fe-1 --answer 1
	[ "$(grep -cE '^(DANGER|ANSWER 1)$' "$STANDIN_LOG/fe-1.log")" = 1 ]
}

# Two options, the cursor on the first; an arrow moves it, or shows that somebody else has answered.
with_options() {
	cat >"$HOME/asker.sh" <<-'R'
		#!/bin/bash
		stty -echo -icanon -icrnl
		draw() { # OPTION that has the cursor
			at=$1
			printf '\033[2J\033[HWhich one?\n'
			[ $at = 1 ] && printf '❯ 1. PostgreSQL 15\n  2. PostgreSQL\n' || printf '  1. PostgreSQL 15\n❯ 2. PostgreSQL\n'
		}
		over() {
			printf '\033[2J\033[H> '
			"$AO_BIN" hook stop </dev/null
		}
		draw 1
		"$AO_BIN" hook waiting </dev/null
		while IFS= read -rsn1 key; do
			[ "$key" != $'\033' ] || read -rsn2 key
			[ ! -e "$BOX/answered" ] || [ "$key" != '[B' ] || key=$(cat "$BOX/answered")
			[ ! -e "$BOX/early" ] || { rm "$BOX/early" && key='[B'; }
			case $key in
			over) over ;;
			next) printf '\033[2J\033[HRemove it?\n  1. Keep\n❯ 2. Remove\n' ;;
			'[A') draw 1 ;;
			'[B') draw 2 ;;
			'' | $'\r') echo "chose $at" >>"$BOX/heard" && over ;;
			*) echo "key $key" >>"$BOX/heard" ;;
			esac
		done
	R
	chmod +x "$HOME/asker.sh"
	box_config
	sed -i "s|    command: .*|    command: [$HOME/asker.sh, \"{prompt}\"]|; s|process: standin|process: asker.sh|" "$CONFIG"
	: >"$BOX/heard"
	expect 0 ao spawn frontend
	wait_for 10 is fe-1 activity waiting_input
}

@test "of two options that begin alike the one that is named whole is chosen" {
	with_options
	expect 0 ao send fe-1 --answer postgresql
	[ "$(cat "$BOX/heard")" = "chose 2" ]
}

@test "an Enter that only moved the cursor: it is moved back, and Enter pressed again" {
	with_options
	touch "$BOX/early"
	expect 0 ao send fe-1 --answer 1
	[ "$(cat "$BOX/heard")" = "chose 1" ]
}

answered_by_others() { # WHAT IS SHOWN THEN
	with_options
	echo "$1" >"$BOX/answered"
	expect 6 ao send fe-1 --answer 2
	errs "asks that no longer"
	[ ! -s "$BOX/heard" ]
}
@test "a question that somebody else answers meanwhile: exit 6, and no key goes astray" { answered_by_others over; }
@test "and if the next question is open then: exit 6, and it is not answered" { answered_by_others next; }

@test "an agent that is gone: exit 1, naming restore" {
	spawn frontend
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 1 ao send fe-1 "hello"
	errs "ao session restore fe-1"
	ao session kill fe-1
	expect 1 ao send fe-1 "hello"
	expect 4 ao send fe-9 "hello"
}

@test "what stood in the box is cleared, and not lost" {
	spawn frontend
	tmux send-keys -t =fe-1: -l 'half a thought'
	sleep 2.2 # a person's key is respected for two seconds
	expect 0 ao send fe-1 "the message"
	took fe-1 1
	run ! heard fe-1 "half a thought"
	grep -q "half a thought" "$DATA/events.jsonl"
}

@test "what stood in the box of an agent that hears no key for a while is cleared as soon as it does" {
	AGENT="standin --turn-ms 50 --deaf 900" box_config
	ao spawn frontend --prompt "$HELD"
	wait_for 10 is fe-1 activity active
	tmux send-keys -t =fe-1: "half a thought"
	wait_for 10 shows "half a thought"
	touch "$BOX/go"
	wait_for 10 is fe-1 activity ready
	expect 0 ao send fe-1 whole
	heard fe-1 whole
	grep '"cleared"' "$DATA/events.jsonl" | grep -F "half a thought"
}

@test "concurrent sends line up: all arrive, each once" {
	spawn frontend
	for i in 1 2 3 4 5 6; do
		ao send fe-1 "number <$i>" >"$BOX/out.$i" 2>&1 &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6; do
		wait "${pids[i]}"
	done
	wait_for 10 took fe-1 6
	for i in 1 2 3 4 5 6; do
		[ "$(grep -c "number <$i>" "$STANDIN_LOG/fe-1.log")" = 1 ]
	done
}

@test "in copy mode nothing goes astray" {
	spawn frontend
	tmux copy-mode -t =fe-1:
	run ao send fe-1 "hello" --timeout 3
	if [ "$status" = 0 ]; then took fe-1 1; else took fe-1 0; fi
}

@test "the exact session, never one whose name begins alike" {
	spawn frontend
	for _ in 2 3 4 5 6 7 8 9 10; do mkdir -p "$DATA/fe-$_"; done
	echo 'fe=10' >"$DATA/.next"
	rm -rf "$DATA"/fe-[2-9] "$DATA/fe-10"
	spawn frontend
	other=$(find "$DATA" -maxdepth 1 -name 'fe-*' ! -name fe-1 -printf '%f\n')
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 1 ao send fe-1 "for fe-1"
	took "$other" 0
}

@test "AO_SESSION is the default target and the sender" {
	spawn frontend
	AO_SESSION=fe-1 expect 0 ao session show
	has fe-1
}

@test "--interrupt ends the turn first" {
	AGENT="standin --turn-ms 60000" box_config
	ao spawn frontend --prompt "long work"
	wait_for 5 is fe-1 activity active
	expect 0 ao send fe-1 "stop that" --interrupt --timeout 20
	heard fe-1 "stop that"
}

@test "--interrupt by two Escapes, which are none in one go" {
	AGENT="standin --turn-ms 60000 --double-escape" box_config
	sed -i 's/interrupt: \[Escape\]/interrupt: [Escape, Escape]/' "$CONFIG"
	ao spawn frontend --prompt "long work"
	wait_for 5 is fe-1 activity active
	expect 0 ao send fe-1 "stop that" --interrupt --timeout 20
	heard fe-1 "stop that"
}

@test "--interrupt where the input line holds text, which would take the Escape" {
	AGENT="standin --turn-ms 60000 --put-back" box_config
	ao spawn frontend --prompt "long work"
	wait_for 5 is fe-1 activity active
	for text in "stop that" "and that"; do # the second time what the first put back has been cleared
		expect 0 ao send fe-1 "$text" --interrupt --timeout 20
		heard fe-1 "$text"
	done
	uncleared
	tmux send-keys -t =fe-1: -l 'half a thought'
	expect 0 ao send fe-1 "the third" --interrupt --timeout 20
	heard fe-1 "the third"
	grep -q "half a thought" "$DATA/events.jsonl"
}

has_typed() { # the first second of a session is its creation
	tmux -L person send-keys x
	[ "$(tmux display-message -p -t =fe-1: '#{!=:#{session_activity},#{session_created}}')" = 1 ]
}

@test "--interrupt where it is at no turn: no key is pressed into what a person types" {
	spawn frontend 1
	on_screen "env -u TMUX tmux attach -t fe-1" 'at your service'
	wait_for 20 has_typed
	AO_TEST_NOW=$(tmux display-message -p -t =fe-1: '#{session_activity}')500
	export AO_TEST_NOW
	expect 7 ao send fe-1 "instead" --interrupt --timeout 0
	errs "somebody is typing in its terminal"
	unset AO_TEST_NOW
	run -1 grep -E '"type":"(interrupted|cleared)"' "$DATA/events.jsonl"
	screen_shows x
	tmux -L person kill-server
}

@test "where a large paste would be made a file, it goes in parts, between characters" {
	AGENT="standin --turn-ms 50 --file-paste 1001" box_config
	sed -i 's/send: {/send: {pasteMax: 1000, /' "$CONFIG"
	spawn frontend
	seq 1 100 | sed 's/$/ 漢字🙂 and words  /' | paste -d' ' - - - - - - - - - - >"$BOX/long"
	expect 0 ao send fe-1 --file "$BOX/long"
	[ "$(last_message fe-1 | sed -z 's/[[:space:]]*$//' | md5sum)" = "$(sed -z 's/[[:space:]]*$//' "$BOX/long" | md5sum)" ]
}

# Its sender was killed right behind the paste.
@test "what a dead sender pasted a moment ago, and does not show yet, is waited for and not typed beside" {
	AGENT="standin --turn-ms 50 --slow-paste 1000" box_config
	spawn frontend
	mkdir -p "$DATA/fe-1/outbox"
	now=$(date -u +%FT%T.%3NZ)
	printf 'state=typing\nkind=message\nfrom=user\nmade=%s\nchanged=%s\nmark=%s\n\nstray words ' "$now" "$now" "$now" >"$DATA/fe-1/outbox/0001"
	printf 'stray words ' | tmux load-buffer -b stray -
	tmux paste-buffer -p -d -b stray -t =fe-1:
	expect 0 ao send fe-1 "next words"
	took fe-1 2
	[ "$(last_message fe-1)" = "next words " ]
	heard fe-1 "stray words"
	[ "$(outbox 0001 state)" = accepted ]
}

# A menu opens between the paste and its Enter: the text stands in the input line of an agent at work.
refused() { # TEXT
	AGENT="standin --turn-ms 60000 --menu-on-paste" box_config
	ao spawn frontend --prompt "long work"
	wait_for 5 is fe-1 activity active
	expect 6 ao send fe-1 --no-wait "$1"
	errs "Enter was not pressed"
	shows "$1"
}
shows() { tmux capture-pane -p -t =fe-1: | grep -qF -- "> $1"; }
hides() { run ! shows "$1"; }
person_picks() { tmux send-keys -t =fe-1: "$1"; } # KEY
polled() { ao poll && [[ $(outbox 0001 state) =~ ^$1 ]]; } # BEGINNING of the first message's state: a is accepted, or answered by now
outbox() { sed -n "s/^$2=//p" "$DATA/fe-1/outbox/$1"; }   # NUMBER KEY
times_heard() { grep -cF -- "$1" "$STANDIN_LOG/fe-1.log" || true; }
uncleared() { run ! grep -F '"cleared"' "$DATA/events.jsonl"; } # nothing was taken for a person's words

@test "refused by a menu that opened meanwhile: a poll takes it out when that is gone, and it was not sent" {
	refused "stray words"
	ao poll
	shows "stray words"
	[ "$(outbox 0001 state)" = typing ]
	person_picks 2
	wait_for 10 polled failed
	hides "stray words"
	[[ $(outbox 0001 note) == *"taken out of its input line" ]]
	[ "$(times_heard "stray words")" = 0 ]
	uncleared
}

@test "refused by a menu that opened meanwhile, and sent again: once, and nothing of it beside" {
	refused "stray words"
	person_picks 2
	expect 0 ao send fe-1 --no-wait "stray words"
	[ "$(last_message fe-1)" = "stray words " ]
	[ "$(times_heard "stray words")" = 1 ]
	[ "$(outbox 0001 state) $(outbox 0002 state)" = "failed accepted" ]
	uncleared
}

@test "refused by a menu that opened meanwhile, then another message: that one alone" {
	refused "stray words"
	person_picks 2
	expect 0 ao send fe-1 --no-wait "other words"
	[ "$(last_message fe-1)" = "other words " ]
	[ "$(times_heard "stray words")" = 0 ]
	uncleared
}

# It is not typed again; the next one of these words is another message.
enter_sent() { # STATE of the first once it is polled, or none
	refused "stray words"
	person_picks 2
	person_picks Enter
	wait_for 10 heard fe-1 "stray words"
	[ -z "$1" ] || wait_for 10 polled "$1"
	expect 0 ao send fe-1 --no-wait "stray words"
	[ "$output" = "✓ Message sent and processing" ]
	errs "Enter"
	[ "$(times_heard "stray words")" = 1 ]
	[ "$(outbox 0001 state) $(outbox 0002 state)" = "accepted accepted" ]
	person_picks Escape
	ready fe-1
	expect 0 ao send fe-1 "stray words"
	[ "$(times_heard "stray words")" = 2 ]
}

@test "refused by a menu that opened meanwhile, but a person's Enter sent it: sent again, it is heard once" {
	enter_sent ""
}

@test "the same, and a poll has seen it in between" {
	enter_sent accepted
}

# The menu opens at its Enter, which is lost: nobody can tell until the menu is gone.
swallowed() { # TEXT
	AGENT="standin --turn-ms 60000 --menu-on-enter" box_config
	ao spawn frontend --prompt "long work"
	wait_for 5 is fe-1 activity active
	expect 3 ao send fe-1 --no-wait "$1"
	shows "$1"
	ao poll
	shows "$1"
	[ "$(outbox 0001 state)" = submitted ]
}

@test "a menu swallowed its Enter: a poll presses it when the menu is gone" {
	swallowed "stray words"
	person_picks 2
	wait_for 10 polled a
	[ "$(last_message fe-1)" = "stray words " ]
	[ "$(times_heard "stray words")" = 1 ]
	uncleared
}

@test "a menu swallowed its Enter: the next send presses it first" {
	swallowed "stray words"
	expect 6 ao send fe-1 --no-wait "too early"
	person_picks 2
	expect 0 ao send fe-1 --no-wait "other words"
	heard fe-1 "stray words"
	person_picks Escape
	wait_for 10 heard fe-1 "other words"
	[ "$(times_heard "stray words") $(times_heard "too early")" = "1 0" ]
	uncleared
}

@test "a menu swallowed its Enter, and a person's Enter sent it: known by its receipt" {
	swallowed "stray words"
	person_picks 2
	person_picks Enter
	wait_for 10 heard fe-1 "stray words"
	wait_for 10 polled a
	[ "$(times_heard "stray words")" = 1 ]
}

@test "a message that nobody waits for goes when the menu is gone" {
	refused "stray words"
	sed -i '/^refused=/d; s/^kind=.*/kind=continue/' "$DATA/fe-1/outbox/0001"
	person_picks 2
	wait_for 10 polled a
	[ "$(last_message fe-1)" = "stray words " ]
	[ "$(times_heard "stray words")" = 1 ]
}

@test "a send right behind a receipt: what the input line still shows is no person's" {
	AGENT="standin --turn-ms 50 --late-box 700" box_config
	spawn frontend
	for text in "the first words" "the second words" "$(seq 1 40 | sed 's/$/ is a line/')" "the last words"; do
		expect 0 ao send fe-1 --no-wait "$text"
	done
	wait_for 10 took fe-1 4
	[ "$(last_message fe-1)" = "the last words " ]
	uncleared
}

@test "what was never confirmed and still stands there goes, and its record says so" {
	AGENT="standin --turn-ms 50 --swallow 3" box_config
	spawn frontend
	expect 3 ao send fe-1 "lost words"
	expect 0 ao send fe-1 "next words"
	[ "$(last_message fe-1)" = "next words " ]
	[ "$(times_heard "lost words")" = 0 ]
	[ "$(outbox 0001 state)" = failed ]
	uncleared
}
