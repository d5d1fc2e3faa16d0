#!/usr/bin/env bats
# Tracker `linear` against a fake that executes Linear's own schema: what reaches a prompt, what is made,
# closed and cleaned up, and to whom the key goes. That our questions are valid there ends each test.

load box
load forge

setup() {
	box_open
	fake_linear_start
	JUDGED=linear
	FRONTEND="scm: {plugin: local}
tracker: $LINEAR_TRACKER" box_config
}

@test "an issue from its making to the end of its session, on Linear's own branch" {
	cause linear '[{"op": "issue", "team": "INT", "title": "Login is slow", "description": "On phones\u001b[31m. $(touch owned)"},
		{"op": "comment", "issue": "INT-1", "author": "bea", "body": "look at the cache"}]' >/dev/null
	run -0 ao issue ls -p frontend
	[[ $output == *'INT-1'*'Login is slow'* ]]
	run -0 ao issue view INT-1 -p frontend
	[[ $output == *'On phones'*'Comment by bea'*'look at the cache'* && $output != *$'\e'* ]]
	run -0 ao spawn frontend INT-1
	[[ $output == *'Branch:   ann/int-1-login-is-slow'* ]]
	run -0 ao spawn frontend https://linear.app/box/issue/INT-1/login-is-slow
	grep -q '^issueId=INT-1$' "$DATA/fe-2/metadata"
	grep -q 'tracker=linear' "$DATA/fe-1/metadata"
	grep -q 'look at the cache' "$DATA/fe-1/prompt.md"
	run ! grep -q $'\e' "$DATA/fe-1/prompt.md"
	run -0 --separate-stderr ao spawn frontend INT-99
	[[ $stderr == *'INT-99'* ]]
	run -0 ao issue create 'A new one' --body text -p frontend
	[[ $output == *'INT-2'* ]]
	[ "$(ao issue ls -p frontend --json | jq length)" = 2 ]
	forget linear
	run -0 ao issue comment INT-1 -m 'a "word" of $(ours)' -p frontend
	[[ $output == *'Comment on issue INT-1 added'* ]]
	[[ $(ao issue view INT-1 -p frontend) == *'Comment by ann'*'a "word" of $(ours)'* ]]
	run -4 ao issue comment INT-77 -m x -p frontend
	[[ $output == *"no issue 'INT-77'"* ]]
	run -0 ao issue close INT-1 --reason 'done elsewhere' -p frontend
	run -0 ao issue view INT-1 -p frontend
	[[ $output == *closed*'done elsewhere'* ]]
	run -0 ao issue close INT-1 -p frontend
	run -0 ao session cleanup
	[[ $output == *'Cleaned: fe-1'* && $output == *'fe-2'* && $output != *fe-3* ]]
	[ "$(ao issue ls -p frontend --json | jq -r '.[].id')" = INT-2 ]
}

@test "a queued issue gets Linear's own branch, too" {
	EXTRA='limits: {maxSessions: 1}' FRONTEND="scm: {plugin: local}
tracker: $LINEAR_TRACKER" box_config
	cause linear '[{"op": "issue", "team": "INT", "title": "Login is slow"}]' >/dev/null
	run -0 ao spawn frontend
	run -0 ao spawn frontend INT-1
	[[ $output == *queued* && $output != *Branch:* ]]
	run -0 ao session kill fe-1
	[ "$(field fe-2 branch)" = ann/int-1-login-is-slow ]
	[ -z "$(field fe-2 wantedBranch)" ]
}

@test "no key, a bad one, a limit, another host: what to do is said, and nothing more is sent" {
	run ao doctor
	[[ $output == *'✓ tracker Linear: logged in as ann'* ]]
	forget linear
	unset LINEAR_API_KEY
	run -1 ao issue ls -p frontend
	[[ $output == *'no login for Linear: set LINEAR_API_KEY'* ]]
	run -1 ao doctor
	[[ $output == *'project frontend: no login for Linear: set LINEAR_API_KEY'* ]]
	[ "$(asked linear)" = 0 ]
	LINEAR_API_KEY=lin_api_bad run -1 ao issue ls -p frontend
	[[ $output == *'Linear does not let us in (status 401)'* ]]
	export LINEAR_API_KEY=lin_api_of_ann
	run -5 ao issue create x -p frontend
	[[ $output == *'no team'* ]]
	fault linear '{"kind": "ratelimited", "reset": 60}'
	run -1 ao issue ls -p frontend
	[[ $output == *'Linear: its limit is reached'* ]]
	forget linear
	run -1 ao spawn frontend INT-1
	[[ $output == *'its limit is reached'* ]]
	[ "$(asked linear)" = 0 ]
	FRONTEND="tracker: {plugin: linear, apiUrl: https://api.linear.app.evil.example}" box_config
	run -5 ao issue ls -p frontend
	[[ $output == *'is not https://api.linear.app'* ]]
}
