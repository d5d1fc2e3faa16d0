#!/usr/bin/env bats
load box

@test "agents are known without a configuration" {
	rm "$CONFIG"
	expect 0 ao agent ls
	has claude-code
	has opencode
	expect 0 ao agent show codex
	has no-daemon
	expect 4 ao agent show nobody
	errs "known: aider"
}

@test "a captured screen: the activity is the first word, then the rule" {
	screens=$BATS_TEST_DIRNAME/../agents/screens
	expect 0 ao agent test claude-code --screen "$screens/claude-code/permission_bash.ansi"
	[ "${output%% *}" = waiting_input ]
	has "screen.waiting"
	expect 0 ao agent test codex --screen "$screens/codex/working.ansi" --title "$(cat "$screens/codex/working.title")"
	[ "${output%% *}" = active ]
	has "title.active"
	expect 2 ao agent test codex
	expect 2 ao agent test codex --screen /no/such/file
}

@test "without a UTF-8 locale the patterns still see characters" {
	screens=$BATS_TEST_DIRNAME/../agents/screens
	LC_ALL=C expect 0 ao agent test codex --screen "$screens/codex/working.ansi" --title "$(cat "$screens/codex/working.title")"
	[ "${output%% *}" = active ]
}

@test "a file of the user is laid over a built-in agent" {
	mkdir -p "$HOME/.config/agent-orchestrator/agents"
	echo 'process: mine' >"$HOME/.config/agent-orchestrator/agents/codex.yaml"
	expect 0 ao agent show codex
	has "process: mine"
	has "command: [codex"
	echo 'proces: mine' >"$HOME/.config/agent-orchestrator/agents/codex.yaml"
	expect 5 ao agent show codex
	errs "codex.yaml:1:1: unknown key 'proces' (did you mean 'process'?)"
}

@test "check: a named agent that is not installed is a failure" {
	expect 1 ao agent check gemini
	errs "no program 'gemini' on PATH"
	expect 0 ao agent check
	ao agent check --json | jq -e '.[] | select(.name == "gemini") | .program == null'
}

@test "check: an agent whose data names no versions is not started to ask for one" {
	AGENT="$BOX/mine"
	printf '#!/bin/sh\necho "$@" >>"%s/started"\n' "$BOX" >"$BOX/mine"
	chmod +x "$BOX/mine"
	box_config
	expect 0 ao agent check standin
	has "Program:  $BOX/mine"
	lacks Version:
	[ ! -e "$BOX/started" ]
}
