#!/usr/bin/env bats
load box

column() { # LINE OFFSET: what begins there
	printf '%s' "${1:$2}"
}

@test "title, heading, columns, rule and footer as on the page" {
	spawn frontend 42
	ready fe-1
	expect 0 ao status
	[ "${lines[0]}" = "AGENT ORCHESTRATOR STATUS" ]
	[ "${lines[1]}" = "Frontend:" ]
	[ "${lines[2]}" = "  Session        Branch                  PR    CI     Rev   Thr  Activity  Age" ]
	[ "${lines[3]}" = "  $(printf '─%.0s' $(seq 77))" ]
	row=${lines[4]}
	[[ "$(column "$row" 2)" == "fe-1 "* ]]
	[[ "$(column "$row" 17)" == "feat/42 "* ]]
	[[ "$(column "$row" 41)" == "-     -      -     "* ]]
	[[ "$(column "$row" 65)" == ready\ * ]]
	[[ "$(column "$row" 75)" =~ ^[0-9]+[smhd]$ ]]
	[ "${lines[-1]}" = "  1 active session across 2 projects" ]
}

@test "nothing at all" {
	expect 0 ao status
	[ "${lines[0]}" = "AGENT ORCHESTRATOR STATUS" ]
	has "  0 active sessions across 2 projects"
}

@test "-p: one project" {
	spawn backend
	expect 0 ao status -p backend
	has "  1 active session across 1 project"
	lacks Frontend
}

@test "a cell too long is cut and keeps its distance; wide letters count two" {
	expect 0 ao spawn frontend --branch "feat/a-very-long-branch-name-that-does-not-fit"
	expect 0 ao spawn frontend --branch "feat/漢字漢字漢字漢字漢字漢字漢字"
	expect 0 ao status
	has " feat/a-very-long-branc… -"
	python3 -c 1 2>/dev/null || skip "python3 counts the cells"
	printf '%s\n' "$output" | grep fe-2 | python3 -c '
import sys, unicodedata
line = sys.stdin.read().rstrip("\n")
cells = 0
for ch in line:
    if cells == 41: break
    cells += 2 if unicodedata.east_asian_width(ch) in "WF" else 1
assert cells == 41 and line[line.index(ch)] == "-", line'
}

@test "--json: the page's nine keys first" {
	spawn frontend 42
	expect 0 ao status --json
	[ "$(echo "$output" | jq -r '.[0] | keys_unsorted[:9] | join(" ")')" = \
		"name branch status prNumber ciStatus reviewDecision pendingThreads activity lastActivity" ]
	[ "$(echo "$output" | jq -c '.[0] | [.prNumber, .ciStatus, .reviewDecision]')" = '[null,null,null]' ]
	echo "$output" | jq -e '.[0] | has("summary") and has("runtime") and has("facts") and has("worktree")'
	echo "$output" | jq -e '.[0].facts | type == "array"'
}

@test "usage: the newest call's tokens out of the transcript; null where none tells" {
	local t=$BOX/transcript.jsonl at
	mkdir -p "$HOME/.config/agent-orchestrator/agents"
	echo 'transcript: claude-jsonl' >"$HOME/.config/agent-orchestrator/agents/standin.yaml"
	spawn frontend 42
	expect 0 ao status --json
	[ "$(echo "$output" | jq -c '.[0].usage')" = null ]
	expect 0 ao session show fe-1
	lacks "in context"
	at=$(date -u +%FT%T.000Z)
	echo "$at id $t" >"$DATA/fe-1/conversations"
	for n in 1 2; do
		printf '{"type":"assistant","timestamp":"%s","message":{"content":[{"type":"text","text":"did %d"}],"stop_reason":"end_turn","usage":' "$at" $n
		printf '{"input_tokens":%d,"cache_read_input_tokens":40000,"cache_creation_input_tokens":300,"output_tokens":20}}}\n' $n
	done >"$t"
	expect 0 ao status --json
	[ "$(echo "$output" | jq -c '.[0].usage')" = \
		'{"input":2,"output":20,"cacheRead":40000,"cacheWrite":300,"source":"claude-jsonl","costUsd":null,"priceSource":null}' ]
	[ "$(echo "$output" | jq -r '.[0].summary')" = "did 2" ]
	expect 0 ao session show fe-1
	has "newest model call (claude-jsonl)"
	[[ "$output" =~ "in context"\ +40322 ]]
}

# The hook of a turn's end that came without words: whether it failed or was cancelled, the transcript tells.
@test "a turn that ended without words failed, or was cancelled" {
	local t=$BOX/transcript.jsonl
	mkdir -p "$HOME/.config/agent-orchestrator/agents"
	echo 'transcript: gemini-chat' >"$HOME/.config/agent-orchestrator/agents/standin.yaml"
	AGENT="standin --no-hooks" box_config
	ao spawn frontend 42
	now() { date -u +%FT%T.%3NZ; }
	record() { printf '{"id":"a1","timestamp":"%s","type":"%s","content":"%s"}\n' "$(now)" "$1" "$2" >>"$t"; }
	hook() { # EVENT FIELD TEXT
		printf '{"session_id":"2222","hook_event_name":"X","transcript_path":"%s","%s":"%s"}' "$t" "$2" "$3" |
			AO_SESSION_DIR=$DATA/fe-1 ao hook "$1"
	}
	hook prompt prompt "go on"
	wait_for 10 is fe-1 activity active
	record info "Request cancelled."
	hook stop prompt_response "[no response text]"
	is fe-1 activity ready
	hook prompt prompt "again"
	is fe-1 activity active
	record error "[API Error: no quota]"
	hook stop prompt_response "[no response text]"
	is fe-1 activity blocked
	hook prompt prompt "again"
	record gemini "well"
	hook stop prompt_response "well"
	is fe-1 activity ready
}

# The hook of a turn's end is a process, and may come late; each agent names its turns in its own way.
@test "the end of a turn that is told when the next has begun says nothing" {
	AGENT="standin --no-hooks" box_config
	ao spawn frontend 42
	hook() { # EVENT KEY TURN
		printf '{"session_id":"1f","hook_event_name":"X","%s":"%s"%s}' "$2" "$3" "${4:-}" |
			AO_SESSION_DIR=$DATA/fe-1 ao hook "$1"
	}
	for key in prompt_id turn_id prompt; do
		more=',"prompt":"words"'
		[ $key != prompt ] || more=
		hook prompt $key "one $key" "$more"
		wait_for 10 is fe-1 activity active
		hook prompt $key "two $key" "$more"
		hook stop $key "one $key"
		is fe-1 activity active
		hook error $key "one $key"
		is fe-1 activity active
		hook stop $key "two $key"
		is fe-1 activity ready
		hook stop $key "of a turn that nobody knows"
		is fe-1 activity ready
	done
}

@test "--why names every fact, its source and age, and what decided" {
	spawn frontend 42
	expect 0 ao status --why fe-1
	has hook
	has "ready"
	has process
	expect 4 ao status --why fe-9
}

@test "an agent that asks needs input; after its answer it goes on" {
	AGENT="standin --turn-ms 50 --menu" box_config
	ao spawn frontend --prompt "ask me"
	wait_for 10 is fe-1 activity waiting_input
	is fe-1 status needs_input
}

@test "killed from outside: exited and, after a signal, errored" {
	spawn frontend
	kill -9 "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 5 is fe-1 activity exited
	is fe-1 status errored
}

@test "a clean exit is no error" {
	spawn frontend
	tmux send-keys -t =fe-1: C-d
	wait_for 5 is fe-1 activity exited
	run ! is fe-1 status errored
}

@test "after a restart of the machine: exited, restorable" {
	spawn frontend
	tmux kill-server
	wait_for 8 is fe-1 activity exited
	AO_TEST_BOOT_ID=another expect 0 ao session ls --json
	[ "$(echo "$output" | jq -r '.[0].activity')" = exited ]
	AO_TEST_BOOT_ID=another expect 0 ao session cleanup --dry-run
	lacks "Would kill"
	has "the machine restarted"
}

# What starts within ten seconds of the agent is part of it.
is_old() { [ "$(ps -o etimes= -p "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")")" -gt 11 ]; }

@test "a build that says nothing for long is no stuck turn, whatever the agent reports" {
	spawn frontend
	wait_for 20 is_old
	ao send fe-1 "run: sleep 300"
	wait_for 10 is fe-1 activity active
	export AO_TEST_NOW=$((($(date +%s) + 1200) * 1000))
	is fe-1 status working
	expect 0 ao status --why fe-1
	has "a command of it is running"
	pkill -P "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")"
	wait_for 10 is fe-1 activity idle
}
