#!/usr/bin/env bats
load box

@test "agents are known without a configuration" {
	rm "$CONFIG"
	expect 0 ao agent ls
	has claude-code
	has opencode
	expect 0 ao agent show codex
	has "{hooks}/serve"
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
	has "command: [/bin/sh, "
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

@test "check, doctor: an agent that ignores ao's hooks, since others could write there" {
	hooks=$HOME/.config/agent-orchestrator/agents/hooks/gemini
	mkdir -p "$hooks"
	echo '{}' >"$hooks/settings.json"
	chmod g+w "$hooks"
	printf '#!/bin/sh\necho 0.61.0\n' >"$BOX/gemini"
	chmod +x "$BOX/gemini"
	export PATH=$BOX:$PATH
	expect 0 ao agent check gemini
	has "gemini ignores ao's hooks, since $hooks"
	has "chmod go-w"
	AGENT=gemini box_config
	sed -i 's/agent: standin/agent: gemini/' "$CONFIG"
	run ao doctor
	has "gemini ignores ao's hooks, since $hooks"
	# all that is above is root's alone in no test, but another agent's hooks are not looked at
	sed 's/gemini/qwen/' "$BOX/gemini" >"$BOX/qwen"
	chmod +x "$BOX/qwen"
	expect 0 ao agent check qwen
	lacks "ignores ao's hooks"
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

fake_claude() {
	printf '#!/bin/sh\n[ "$1" = --version ] && echo "2.1.330 (Claude Code)" && exit\nexec standin\n' >"$BOX/claude"
	chmod +x "$BOX/claude"
	export PATH=$BOX:$PATH
	export -n ANTHROPIC_API_KEY
}
answers() { jq -r "$1" "$HOME/.claude.json"; } # JQ

@test "check --fix: a file that is other than it is expected is told, and stays as it is" {
	fake_claude
	local odd
	for odd in '{"projects": null}' '{"projects": []}' "{\"projects\": {\"$REPO\": 1}}" '{"customApiKeyResponses": {"approved": "all"}}' '[]'; do
		export ANTHROPIC_API_KEY=dummy
		echo "$odd" >"$HOME/.claude.json"
		expect 1 ao agent check claude-code -p frontend --fix
		errs "$HOME/.claude.json is not JSON as it is expected there"
		[ "$(cat "$HOME/.claude.json")" = "$odd" ]
	done
}

@test "check: what it will ask at its first start; --fix answers it in its own file and says so" {
	fake_claude
	expect 0 ao agent check claude-code -p frontend
	has "it will ask at its first start"
	[ ! -e "$HOME/.claude.json" ]
	printf '{"userID": "me", "projects": {"/else": {"x": 1}}, "numStartups": 7}' >"$HOME/dot-claude"
	chmod 600 "$HOME/dot-claude"
	ln -s dot-claude "$HOME/.claude.json"
	expect 0 ao agent check claude-code -p frontend --fix
	errs "wrote $HOME/dot-claude: onboarding done, folder trusted, key approved ($REPO)"
	has "none to expect"
	[ "$(answers .userID)$(answers .numStartups)$(answers '.projects["/else"].x')" = me71 ]
	[ "$(answers ".projects[\"$REPO\"].hasTrustDialogAccepted")" = true ]
	[ -L "$HOME/.claude.json" ]
	[ "$(stat -c %a "$HOME/dot-claude")" = 600 ]
	before=$(md5sum "$HOME/dot-claude")
	expect 0 ao agent check claude-code -p frontend --fix
	[ -z "$stderr" ]
	[ "$(md5sum "$HOME/dot-claude")" = "$before" ]
	ANTHROPIC_API_KEY=sk-ant-0123456789-abcdefghijklmnop expect 0 ao agent check claude-code -p frontend
	has "it will ask"
	ANTHROPIC_API_KEY=sk-ant-0123456789-abcdefghijklmnop expect 0 ao agent check claude-code -p frontend --fix
	[ "$(answers '.customApiKeyResponses.approved[0]')" = "789-abcdefghijklmnop" ]
}

@test "check --fix never writes over what it cannot read" {
	fake_claude
	echo 'not JSON' >"$HOME/.claude.json"
	expect 1 ao agent check claude-code -p frontend --fix
	errs "is not JSON"
	[ "$(cat "$HOME/.claude.json")" = 'not JSON' ]
}

@test "spawn tells of the questions of a first start, doctor too, and mends them when asked" {
	fake_claude
	sed -i 's/agent: standin/agent: claude-code/' "$CONFIG"
	expect 0 ao spawn frontend
	errs "fe-1: claude-code asks something at its first start in this repository"
	errs "ao session attach fe-1"
	run ao doctor
	has "project frontend: claude-code asks something at its first start"
	run ao doctor --fix
	has "fixed: $HOME/.claude.json"
	expect 0 ao spawn frontend
	[ -z "$stderr" ]
}
