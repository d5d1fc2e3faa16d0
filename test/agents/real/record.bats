#!/usr/bin/env bats
# The situations of a conversation with a real agent, for the corpus (record.bash). Not a test: what it takes down
# differs from run to run. RECORD=record test/agents/real/run.sh build AGENT
load record

setup() { record_open; }
teardown() { record_close; }

key() { tmux send-keys -t fe-1 "$@"; }
keys() { for key in "$@"; do key "$key" && sleep 0.15; done; }
# A key into a dialog, until something comes of it: just opened it may not have heard.
answer() { # KEY
	local before
	for _ in 1 2 3 4 5; do
		before=$(wc -l <"$STREAM")
		keys "$1"
		for _ in {1..30}; do
			[ "$(wc -l <"$STREAM")" = "$before" ] || return 0
			sleep 0.1
		done
	done
}
has_asked() { [ "$(jq -r '.hook // empty' "$STREAM" | tail -1)" = waiting ]; }
# A tool asks, the person presses; then the turn ends.
asks() { # TEXT NAME KEY
	say "$1"
	when called "${1%% *}" || return
	[ -n "${ASKS:-}" ] || return 0
	wait_for 60 has_asked && sleep 1.5
	look waiting_input "$2"
	answer "$3"
}

turns() {
	expect 0 ao spawn frontend --prompt "hello [[slow:5]] [[say:first]]"
	when asked hello
	look active r_first_turn
	when answered hello
	look ready r_first_answer
	asks "run [[bash:touch one; sleep 12]] [[say:ran]]" r_tool Enter
	sleep 2
	look active r_tool_runs
	when answered run
	look ready r_tool_ran
}
dialogs() {
	[ -n "${ASKS:-}" ] || return 0
	asks "refuse [[bash:touch unwanted]] [[say:ran]]" r_tool_asks Escape
	sleep 3
	look ready r_refused
	sleep 12
	look ready r_refused_long_ago
	if [ -n "${QUESTIONS:-}" ]; then
		say "question [[ask]] [[stall:4]] [[say:asked]]"
		when called question
		wait_for 60 has_asked && sleep 1.5
		look waiting_input r_question
		answer Enter
		sleep 2
		look active r_question_answered
		when answered question
		look ready r_question_over
	fi
	asks "write [[write:$TREES/fe-1/note.txt=some text]] [[say:wrote]]" r_write_asks Enter
	when answered write
	look ready r_wrote
}
errors() {
	asks "count [[bash:seq 300]] [[say:counted]]" r_count_asks Enter
	when answered count
	look ready r_long_output
	say "fail [[error:400]]"
	when failed fail
	look blocked r_failed
	say "again [[say:well]]"
	when answered again
	look ready r_after_error
	say "silent [[stall:18]] [[say:said]]"
	THEN=14 when asked silent
	look active r_silent_long
	when answered silent
	say "long [[slow:30]] [[say:never]]"
	THEN=3 when asked long
	keys ${INTERRUPT:-Escape}
	when cut long
	look ready r_interrupted
	sleep 12
	look ready r_interrupted_long_ago
}
busy() {
	say "work [[slow:9]] [[say:worked]]"
	when asked work
	expect 0 ao send fe-1 --no-wait "queued [[slow:6]] [[say:q]]"
	look active r_queued
	when answered work
	look active r_queue_next
	when answered queued
	look ready r_queue_done
	[ -z "${NESTED:-}" ] && return
	asks "inside [[bash:$NESTED 'nested [[slow:4]''] [[say:inner]'']' </dev/null; sleep 3]] [[say:outer]]" r_nested_asks Enter
	wait_for 60 grep -q '"text":"nested' "$HEARD"
	sleep 1
	look active r_nested_works
	when answered inside
	look ready r_nested_over
}
# C-c on an empty input line may end an agent
empty() {
	case $REAL_AGENT in
	pi) keys C-u C-u C-u ;;
	*) tmux capture-pane -p -t fe-1 | grep -qE '^ ?[>❯] +(partial|overloaded)' && keys C-c ;;
	esac
	true
}
typing() {
	printf 'partial line one\npartial line two' | tmux load-buffer -
	tmux paste-buffer -p -t fe-1
	sleep 2
	look ready+partial r_partial
	tmux resize-window -t fe-1 -x 80 -y 24
	sleep 2
	look ready+partial r_partial_narrow
	empty
	sleep 2
	look ready r_narrow
	say "narrow [[slow:5]] [[say:some words that are an answer]]"
	when asked narrow
	look active r_narrow_works
	asks "more [[bash:touch two]] [[say:ran two]]" r_narrow_asks Enter
	when answered more
	tmux resize-window -t fe-1 -x 120 -y 40
	sleep 2
	look ready r_wide_again
	key -l /
	sleep 2
	look ready+slash r_slash
	keys BSpace Escape
	sleep 2
}
later() {
	sleep 65
	look ready r_minute_later
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 20 is_now exited
	restarted
	expect 0 ao session restore fe-1
	wait_for 60 is_now ready
	sleep 3
	look ready r_restored
	say "after [[slow:5]] [[say:on]]"
	when asked after
	look active r_restored_works
	when answered after
	look ready r_restored_answer
}
menus() {
	say "overloaded [[error:529]]"
	THEN=5 when failed overloaded
	look active r_overloaded
	keys ${INTERRUPT:-Escape}
	sleep 3
	look ready r_overloaded_interrupted
	empty
	key -l "${COMPACT:-/compress} "
	sleep 1
	keys Enter
	sleep 4
	look ready r_compacted
	key -l "/model"
	sleep 1
	keys Enter
	sleep 2
	look waiting_input r_model_list
}

# In a conversation of its own: PARTS=summed
sums_up() {
	touch "$HEARD.hold"
	key -l "${SUM_UP:-/compact}"
	sleep 1
	keys Enter
	sleep 5
}
summed() {
	expect 0 ao spawn frontend --prompt "hello [[say:first]]"
	when answered hello
	say "hello again [[say:second]]"
	when answered "hello again"
	sums_up
	look active r_sums_up
	rm "$HEARD.hold"
	sleep 5
	look ready r_summed_up
	say "work [[slow:6]] [[say:worked]]"
	when asked work
	look active r_work_after_summing_up
	when answered work
	look ready r_ready_after_summing_up
	sums_up
	keys ${INTERRUPT:-Escape}
	rm "$HEARD.hold"
	sleep 16
	look ready r_summing_up_cut
}

@test "record" {
	case $REAL_AGENT in pi | copilot) COMPACT=/compact ;; esac
	for part in ${PARTS:-turns dialogs errors busy typing later menus}; do
		echo "# $part" >&3
		$part || { echo "# $part: not to its end: $output" >&3; show_all >"$KEPT_HERE/failed-$part" 2>&1; }
	done
}
