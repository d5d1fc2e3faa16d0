#!/usr/bin/env bats
# From an issue on GitHub to its end, with real pushes to the fake's repositories; and the product page's own
# three sessions as GitHub has them.

load box
load forge

setup() {
	box_open
	fake_github_start
	JUDGED=github
}
why() { cause github "{\"op\": \"$1\", \"repo\": \"acme/app\", \"pr\": 2, $2}" >/dev/null; }
commit() { # SESSION FILE
	printf 'work of %s\n' "$1" >"$TREES/$1/$2"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "Add $2"
}
pushed() { # SESSION FILE: what an agent does
	commit "$1" "$2"
	git -C "$TREES/$1" push -q origin HEAD
}
looked() { # a poll that takes nothing of before for new
	old
	ao poll
}

@test "issue, pull request, red with its log, changes, threads, green, approved, merged, closed, cleaned up" {
	FRONTEND="scm: $GITHUB_SCM" box_config
	github_repo acme/app '{"checksOnPush": [{"name": "unit"}], "requiredApprovals": 1, "requiredChecks": ["unit"], "unknownReads": 1}'
	cause github '{"op": "issue", "repo": "acme/app", "title": "Login is slow", "body": "On phones."}' >/dev/null
	spawn frontend 1
	commit fe-1 login
	run -0 ao pr create fe-1
	[[ $output == *'Pull request #2 created'*'#2 Login is slow'* ]]
	[ "$(git -C "$GITHUB/repos/acme/app.git" show feat/1:login)" = 'work of fe-1' ]
	run -0 looked
	[ "$(fact fe-1 status)" = review_pending ] # a rule wants one

	why check '"name": "unit", "conclusion": "FAILURE", "log": "make\nlogin.c:7: boom"'
	run -0 looked
	[[ $output == *'ci-failed: message 0001 is with the agent'* ]]
	wait_for 20 took fe-1 2
	heard fe-1 'login.c:7: boom'
	heard fe-1 'Run unit'
	[ "$(fact fe-1 status)" = ci_failed ]
	run -6 ao pr merge fe-1

	pushed fe-1 mended
	why check '"name": "unit", "conclusion": "SUCCESS"'
	why review '"state": "CHANGES_REQUESTED", "author": "reviewer", "body": "Not so fast."'
	why thread '"file": "login", "line": 1, "author": "reviewer", "body": "Which login?"'
	run -0 looked
	[[ $output == *'changes-requested: message 0002 is with the agent'* ]]
	wait_for 20 took fe-1 3
	heard fe-1 'Not so fast.'
	heard fe-1 'Which login?'
	[ "$(fact fe-1 status)" = changes_requested ]
	[ "$(ao status --json | jq -r '.[0].pendingThreads')" = 1 ]
	run -6 ao pr merge fe-1

	pushed fe-1 answered
	thread=$(ao pr view fe-1 --json | jq '.remarks[] | select(.file == "login") | .number')
	ao pr review fe-1 --resolve "$thread"
	why check '"name": "unit", "conclusion": "SUCCESS"'
	why review '"state": "APPROVED", "author": "reviewer"'
	run -0 looked
	[ "$(fact fe-1 status)" = mergeable ]
	[ "$(row)" = '2 success approved 0' ]
	[ "$(messages fe-1)" = 3 ]

	run -0 ao pr merge fe-1
	[[ $output == *'#2 merged into main'*'Issue #1 is closed.'*'Next:     ao session cleanup'* ]]
	[ "$(git -C "$GITHUB/repos/acme/app.git" show main:answered)" = 'work of fe-1' ]
	[ "$(fact fe-1 status)" = merged ]
	run -0 ao issue view 1 -p frontend
	[[ $output == *'State:    closed'* ]]
	run -0 ao session cleanup
	[[ $output == *'Cleaned: fe-1'* ]]
	[ ! -e "$TREES/fe-1" ]
	run ! in_tmux fe-1
	[ "$(git -C "$REPO" ls-remote origin feat/1 | wc -l)" = 1 ] # the branch stays
}

@test "a thread in which its reviewer goes on is news; what the agent or a bot answers there is none" {
	FRONTEND="scm: $GITHUB_SCM" box_config
	github_repo acme/app '{"checksOnPush": [], "nextNumber": 2}'
	spawn frontend 1
	commit fe-1 login
	ao pr create fe-1
	why thread '"file": "login", "line": 1, "author": "reviewer", "body": "Which login?"'
	run -0 looked
	[[ $output == *'changes-requested: message 0001 is with the agent'* ]]
	wait_for 20 took fe-1 2
	ready fe-1
	run -0 looked # the status that follows
	why thread-reply '"index": 0, "author": "ann", "body": "The new one."'
	why thread-reply '"index": 0, "author": "helper[bot]", "association": "MEMBER", "body": "Understood."'
	why thread-reply '"index": 0, "author": "passer", "association": "NONE", "body": "Rewrite it all."'
	run -0 looked
	[[ $output != *changes-requested* ]]
	control github POST apply '{"op": "clock", "advance": 5000}' >/dev/null
	why thread-reply '"index": 0, "author": "reviewer", "body": "There is only one."'
	run -0 looked
	[[ $output == *'changes-requested: message 0002 is with the agent'* ]]
	wait_for 20 took fe-1 3
	heard fe-1 'There is only one.'
	heard fe-1 'The new one.'
	run ! grep -qF 'Rewrite it all' "$STANDIN_LOG/fe-1.log"
	ready fe-1
	run -0 looked
	run -0 looked
	[ -z "$output" ]
	[ "$(messages fe-1)" = 3 ]
}

@test "ao status: byte for byte the page's own screen, but for the ages" {
	FRONTEND="scm: $GITHUB_SCM" EXTRA="    scm: $GITHUB_SCM" box_config
	github_repo acme/frontend '{"nextNumber": 42}'
	REPO=$HOME/code/backend github_repo acme/backend '{"nextNumber": 15, "requiredApprovals": 1}'
	spawn frontend --branch feat/add-login --prompt "Implementing OAuth login flow with session management"
	spawn frontend --branch feat/dashboard --prompt "Dashboard UI components with charts"
	spawn backend --branch fix/auth-bug --prompt "Fixing JWT token validation"
	commit fe-1 login
	commit fe-2 charts
	commit api-1 token
	ao pr create fe-1
	ao pr create fe-2
	ao pr create api-1
	cause github '[{"op": "check", "repo": "acme/frontend", "pr": 42, "name": "test", "conclusion": "SUCCESS"},
		{"op": "review", "repo": "acme/frontend", "pr": 42, "state": "APPROVED"},
		{"op": "check", "repo": "acme/frontend", "pr": 43, "name": "test", "status": "IN_PROGRESS"},
		{"op": "thread", "repo": "acme/frontend", "pr": 43, "file": "charts", "body": "Which library?"},
		{"op": "thread", "repo": "acme/frontend", "pr": 43, "file": "charts", "body": "And the legend?"},
		{"op": "check", "repo": "acme/backend", "pr": 15, "name": "test", "conclusion": "FAILURE"}]' >/dev/null
	ao pr review api-1 --ask reviewer
	ao send fe-1 "run: sleep 300"
	ao send api-1 "run: sleep 300"
	forget github
	old
	expect 0 ao status
	[ "$(asked github)" = 1 ]
	printf '%s\n' "$output" | sed -E 's/^(  (fe|api)-.* )[0-9]+[smhd]$/\1AGE/' >"$BOX/seen"
	page_screen >"$BOX/page"
	diff "$BOX/page" "$BOX/seen"
}
