#!/usr/bin/env bats
# Messages that are handed over in a file (an agent's `send: {channel: qwen}`), to a stand-in that reads it as
# Qwen Code does: from the end that it finds at its start, whole lines, none while it asks something.
load box

setup() {
	box_open || return
	cat >"$HOME/reader.sh" <<-'R'
		#!/bin/bash
		file=$1 read=0
		[ ! -e "$file" ] || read=$(stat -c %s "$file")
		printf '> '
		"$AO_BIN" hook start </dev/null
		while sleep 0.1; do
			if [ -e "$BOX/menu" ]; then
				[ -n "$asked" ] || echo "Which color?" | "$AO_BIN" hook waiting
				asked=yes
				continue
			fi
			[ -e "$file" ] && [ ! -e "$BOX/deaf" ] || continue
			size=$(stat -c %s "$file")
			[ "$size" -ge "$read" ] || read=0
			tail -c +$((read + 1)) "$file" | head -c $((size - read)) | while IFS= read -r line; do
				jq -j 'select(.type == "submit").text' <<<"$line" >"$BOX/turn"
				jq -c . <<<"$line" >>"$BOX/heard"
				"$AO_BIN" hook prompt <"$BOX/turn"
				"$AO_BIN" hook stop </dev/null
			done
			read=$size
		done
	R
	chmod +x "$HOME/reader.sh"
	: >"$BOX/heard"
	reader '"{inputFile}"'
}
reader() { # FURTHER WORDS of its command
	box_config
	sed -i "s|^    command: .*|    command: [$HOME/reader.sh, $1, \"{prompt}\"]|; s|process: standin|process: reader.sh|; s|send: {|send: {channel: qwen, |" "$CONFIG"
}
got() { [ "$(wc -l <"$BOX/heard")" = "$1" ]; }
heard_text() { jq -j '.text' <(tail -1 "$BOX/heard"); }

@test "a message is handed over, byte for byte, and nothing is typed" {
	spawn frontend
	tmux send-keys -t fe-1 "what a person is typing"
	for text in "short" $'two\nlines of "quotes" and \\ \'s' '$HOME `x` %1 #{pane_id};' 'é 漢 🙂' '!ls' "$(seq 1 5000)"; do
		expect 0 ao send fe-1 --file - <<<"$text"
		has "Message sent and processing"
		want=$text
		[ "$text" != '!ls' ] || want="[ao] !ls"
		[ "$(heard_text | sed 's/[[:space:]]*$//')" = "$want" ]
	done
	got 6
	run -0 tmux capture-pane -p -t =fe-1:
	has "what a person is typing"
	lacks "short"
}

@test "an open question is no place for it: exit 6, and nothing is handed over" {
	spawn frontend
	touch "$BOX/menu"
	wait_for 10 is fe-1 activity waiting_input
	expect 6 ao send fe-1 --no-wait "yes"
	errs "asks a question"
	[ ! -s "$DATA/fe-1/input" ]
	got 0
}

@test "what is late is not confirmed, comes once, and not again to the next agent" {
	spawn frontend
	touch "$BOX/deaf"
	expect 3 ao send fe-1 "late"
	has "could not confirm"
	rm "$BOX/deaf"
	wait_for 10 got 1
	ready fe-1
	expect 0 ao send fe-1 "next"
	got 2
	ao session kill --keep-worktree fe-1 || true
	spawn frontend
	expect 0 ao send fe-2 "other"
	got 3
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-2/run")"
	wait_for 10 is fe-2 activity exited
	expect 0 ao session restore fe-2
	ready fe-2
	expect 0 ao send fe-2 "after the restart"
	got 4
	[ "$(jq -r .text "$BOX/heard" | sed 's/ *$//' | paste -sd,)" = "late,next,other,after the restart" ]
}

@test "a message whose sender died is never handed over again" {
	spawn frontend
	expect 0 ao send fe-1 "one"
	for state in typing submitted; do
		sed -i "s/^state=.*/state=$state/" "$DATA/fe-1/outbox/0001"
		rm "$DATA/fe-1/signals"
		echo | AO_SESSION_DIR=$DATA/fe-1 ao hook stop
		expect 0 ao send fe-1 "two"
		grep -q '^state=unconfirmed' "$DATA/fe-1/outbox/0001"
	done
	[ "$(jq -r .text "$BOX/heard" | sed 's/ *$//' | paste -sd,)" = "one,two,two" ]
}

@test "copy mode and a person's keys are in nobody's way" {
	spawn frontend
	tmux copy-mode -t =fe-1:
	expect 0 ao send fe-1 --timeout 2 "hello"
	got 1
}

@test "an agent that was not told of the file, or has reported nothing, is typed to" {
	reader '"x"'
	spawn frontend
	run ao send fe-1 --timeout 5 "hello"
	[ ! -e "$DATA/fe-1/input" ]
	run -0 tmux capture-pane -p -t =fe-1:
	has "hello"
}

# Asks as Qwen Code does: in its file of what it does, on its screen and by its hook. Of a refusal that file tells
# nothing.
asker() { # FURTHER WORDS of its command
	cat >"$HOME/reader.sh" <<-'R'
		#!/bin/bash
		input=$1 events=$2 seen=0
		event() { printf '%s\n' "$1" >>"$events"; }
		reports() { "$AO_BIN" hook "$1" </dev/null; }
		reports start
		reports prompt
		event '{"type":"user","message":{"role":"user","content":[{"type":"text","text":"x"}]}}'
		event '{"type":"assistant","message":{"content":[{"type":"tool_use","id":"c","name":"run_shell_command","input":{}}]}}'
		event '{"type":"control_request","request_id":"r-1","request":{"subtype":"can_use_tool","tool_name":"run_shell_command","permission_suggestions":[{"type":"allow","description":"Execute: touch w"}]}}'
		printf '│ %-32s │\n' 'Allow execution?' '› 1. Yes, allow once' '  2. Always allow' '  3. No, suggest changes (esc)'
		echo run_shell_command | "$AO_BIN" hook waiting
		(IFS= read -rsn1 && touch "$BOX/pressed") </dev/tty &
		while sleep 0.1; do
			[ -e "$input" ] && [ "$(wc -l <"$input")" -gt $seen ] || continue
			seen=$((seen + 1))
			said=$(sed -n "${seen}p" "$input")
			echo "$said" >>"$BOX/heard"
			[ "$(jq -r .request_id <<<"$said")" = r-1 ] || continue
			printf '\033[2J\033[H> '
			[ "$(jq .allowed <<<"$said")" = false ] ||
				event '{"type":"control_response","response":{"subtype":"success","request_id":"r-1","response":{"allowed":true}}}'
			reports stop
		done
	R
	reader "$@"
}

@test "a permission is answered by its file, and no key is pressed; --why shows what it told" {
	asker '"{inputFile}", "{eventsFile}"'
	number=0
	for option in 1 "no, sug" 3 Yes; do
		number=$((number + 1))
		expect 0 ao spawn frontend
		wait_for 10 is "fe-$number" activity waiting_input
		run -0 ao status --why "fe-$number"
		has "live status"
		has "it asks for a permission, run_shell_command: Execute: touch w"
		expect 6 ao send "fe-$number" --answer "none of these"
		expect 0 ao send "fe-$number" --answer "$option"
		case $option in [1Y]*) want=true ;; *) want=false ;; esac
		[ "$(tail -1 "$BOX/heard")" = '{"type":"confirmation_response","request_id":"r-1","allowed":'$want'}' ]
		ready "fe-$number"
		expect 6 ao send "fe-$number" --answer 1
	done
	got 4
	[ ! -e "$BOX/pressed" ]
}

@test "what its menu has besides once or not is chosen by keys" {
	asker '"{inputFile}", "{eventsFile}"'
	expect 0 ao spawn frontend
	wait_for 10 is fe-1 activity waiting_input
	run timeout 20 ao send fe-1 --answer "Always"
	[ -e "$BOX/pressed" ]
	got 0
}

@test "where its screen is not seen a permission is answered all the same" {
	asker '"{inputFile}", "{eventsFile}"'
	sed -i 's/^defaults: {/defaults: {runtime: process, /' "$CONFIG"
	expect 0 ao spawn frontend
	wait_for 10 is fe-1 activity waiting_input
	expect 6 ao send fe-1 "hello"
	errs "1. Yes, allow once"
	expect 0 ao send fe-1 --answer 2
	[ "$(jq .allowed "$BOX/heard")" = false ]
	expect 0 ao session kill fe-1
}
