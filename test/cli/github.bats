#!/usr/bin/env bats
# scm `github` against a fake that keeps GitHub's published rules: what is shown, what it costs, what is
# refused. That our questions are valid there is asserted at the end of each test.

load box
load forge

setup() {
	box_open
	fake_github_start
	JUDGED=github
	FRONTEND="scm: $GITHUB_SCM" box_config
	github_repo acme/app '{"checksOnPush": []}'
}
why() { cause github "{\"op\": \"$1\", \"repo\": \"acme/app\", \"pr\": 1, $2}"; }

@test "a pull request from push to merge" {
	session
	run -0 ao pr create fe-1 --body 'what and why'
	[[ $output == *'Pull request #1 created for fe-1.'*'#1 Add new'*'URL:      https://github.com/acme/app/pull/1'* ]]
	[ "$(git -C "$GITHUB/repos/acme/app.git" rev-parse feat/42)" = "$(git -C "$TREES/fe-1" rev-parse HEAD)" ]
	grep -q '^pr=https://github.com/acme/app/pull/1$' "$DATA/fe-1/metadata"
	run -0 ao pr create fe-1
	[[ $output == *'#1 of fe-1 is open already'* ]]
	why check '"name": "unit", "conclusion": "FAILURE", "log": "make\nboom \u001b[31mred"' >/dev/null
	why thread '"file": "new", "line": 1, "author": "rev", "body": "why?"' >/dev/null
	run -1 ao pr checks fe-1
	[[ $output == *'✗ unit'*"step '"*boom* ]]
	[[ $output != *$'\e'* ]]
	[ "$(row)" = '1 failure none 1' ]
	run -6 ao pr merge fe-1
	[[ $output == *'a check failed'* ]]
	why check '"name": "unit", "conclusion": "SUCCESS"' >/dev/null
	run -0 ao pr review fe-1 --resolve 1
	[[ $output == *'Thread 1 resolved'* ]]
	cause github '{"op": "team", "team": "acme/core"}' >/dev/null
	run -4 ao pr review fe-1 --ask acme/nobody
	[[ $output == *'github.com knows no team acme/nobody'* ]]
	run -0 ao pr review fe-1 --ask acme/core
	[[ $output == *'review pending'* ]]
	run -0 ao pr review fe-1 --ask rev
	run -6 ao pr merge fe-1
	[[ $output == *'a review is wanted'* ]]
	why review '"state": "APPROVED", "author": "rev"' >/dev/null
	[ "$(ao pr view fe-1 --json | jq -r '.reviewDecision + " " + .ciStatus')" = 'approved success' ]
	run -0 ao pr merge fe-1
	[[ $output == *'#1 merged into main'* ]]
	[ "$(git -C "$GITHUB/repos/acme/app.git" show main:new)" = text ]
	ao session ls | grep -q '\[merged\]'
	run -0 ao session cleanup
	[[ $output == *'Cleaned: fe-1'* ]]
}

@test "the end of a log is told however long it is" {
	session
	ao pr create fe-1
	{ yes "$(printf 'noise %.0s' {1..20})" | head -n 80000 && echo 'THE END'; } |
		jq -Rs '{op: "check", repo: "acme/app", pr: 1, name: "unit", conclusion: "FAILURE", log: .}' >"$BOX/check"
	cause github "@$BOX/check" >/dev/null
	run -1 ao pr checks fe-1
	[[ $output == *'THE END'* ]]
	ao poll
	grep -q 'THE END' "$DATA"/fe-1/outbox/0*
}

@test "a merge that got no answer was refused by nobody, and may have been made" {
	session
	ao pr create fe-1
	fault github '{"kind": "drop", "query": "mergePullRequest"}'
	run -1 ao pr merge fe-1
	[[ $output == *'#1 is not merged: github.com cannot be reached'* ]]
	fault github '[{"kind": "drop", "query": "mergePullRequest"}, {"kind": "drop", "query": "query Sessions", "skip": 1}]'
	run -1 ao pr merge fe-1
	[[ $output == *'#1 may be merged or not: github.com cannot be reached'* ]]
	run -0 ao pr merge fe-1
	[[ $output == *'#1 merged into main'* ]]
}

@test "a pull request closes the issue of its session where that is on the same forge, and no other's" {
	cause github '{"op": "issue", "repo": "acme/app", "title": "Bread"}' >/dev/null
	session 1
	git -C "$TREES/fe-1" push -q origin HEAD:feat/1
	FRONTEND="scm: $GITHUB_SCM
tracker: {plugin: github, host: git.example.org}" box_config
	ao pr create fe-1
	[ "$(ao pr view fe-1 --json | jq -r .body)" != 'Closes #1' ]
	ao pr close fe-1
	FRONTEND="scm: $GITHUB_SCM" box_config
	ao pr create fe-1
	ao pr view fe-1 --json
	[ "$(ao pr view fe-1 --json | jq -r .body)" = 'Closes #1' ]
}

@test "no commits, an archive: refused before anything is pushed; a repository is found by its old name" {
	there() { git -C "$GITHUB/repos/acme/app.git" branch --list 'feat/*'; }
	ao spawn frontend 42
	run -1 ao pr create fe-1
	[[ $output == *'feat/42 has no commits that main does not have: commit first'* ]]
	cause github '{"op": "archive", "repo": "acme/app"}'
	echo text >"$TREES/fe-1/new"
	git -C "$TREES/fe-1" add new
	git -C "$TREES/fe-1" commit -q -m 'Add new'
	run -6 ao pr create fe-1
	[[ $output == *'acme/app is archived'* ]]
	[ -z "$(there)" ]
	cause github '[{"op": "archive", "repo": "acme/app", "archived": false}]'
	ao pr create fe-1
	cause github '{"op": "rename", "repo": "acme/app", "to": "acme/new"}'
	old
	[ "$(row)" = '1 none none 0' ]
	run -0 ao pr view fe-1
	[[ $output == *https://github.com/acme/new/pull/1* ]]
	run -0 ao pr merge fe-1
	ao session ls | grep -q '\[merged\]'
}

@test "found by its branch: the newest open one, never a fork's, nor one older than the session" {
	cause github '[{"op": "push", "repo": "acme/app", "branch": "feat/42", "files": {"a": "b\n"}},
		{"op": "pr", "repo": "acme/app", "head": "feat/42"}, {"op": "merge", "repo": "acme/app", "pr": 1},
		{"op": "branch-delete", "repo": "acme/app", "branch": "feat/42"}, {"op": "clock", "advance": 60},
		{"op": "repo", "repo": "mallory/app", "fork": "acme/app"},
		{"op": "push", "repo": "mallory/app", "branch": "feat/42", "files": {"x": "y\n"}},
		{"op": "pr", "repo": "acme/app", "head": "mallory:feat/42", "author": "mallory"}]'
	sleep 1.1 # the session is made in a later second than the pull request of old
	session
	[ "$(row)" = 'null null null null' ]
	push
	cause github '[{"op": "clock", "advance": 3600}, {"op": "pr", "repo": "acme/app", "head": "feat/42", "title": "first"}, {"op": "close", "repo": "acme/app", "pr": 3},
		{"op": "pr", "repo": "acme/app", "head": "feat/42", "title": "second"}]'
	old
	[ "$(row)" = '4 none none 0' ]
	run -0 ao pr view fe-1
	[[ $output == *'#4 second'* ]]
	why_not=$(grep -c '^pr=.' "$DATA/fe-1/metadata" || true)
	[ "$why_not" = 0 ] # a look writes no record
	cause github '{"op": "close", "repo": "acme/app", "pr": 4}'
	old
	old
	[ "$(row | cut -d' ' -f1)" = 4 ]
}

@test "one question for all, none while what was seen is new, the last answer while nobody answers" {
	session
	ao spawn frontend 43
	push
	cause github '{"op": "pr", "repo": "acme/app", "head": "feat/42"}'
	forget github
	[ "$(row)" = '1 none none 0' ]
	ao status --json >/dev/null
	ao session ls >/dev/null
	[ "$(asked github)" = 1 ]
	old
	fault github '{"kind": "status", "status": 502, "times": 2}'
	run -0 --separate-stderr ao status --json
	[ "$(jq -r '.[0].prNumber' <<<"$output")" = 1 ]
	[[ $stderr == *'github.com has trouble of its own (status 502)'*'last seen, 1m ago'* ]]
	[[ $(ao status --why fe-1 2>&1) == *'#1 open,'*'the forge said so 1m ago'* ]]
	control github POST config '{"limit": {"graphql": 3}}'
	old
	ao status --json >/dev/null
	forget github
	control github POST config '{"limit": {"graphql": 1}}'
	ao status --json >/dev/null
	old
	ao status --json >/dev/null
	old
	run -0 --separate-stderr ao status --json
	[[ $stderr == *'its limit is reached'* ]]
	forget github
	run -0 --separate-stderr ao status --json
	[ "$(asked github)" = 0 ]
	[ "$(jq -r '.[0].prNumber' <<<"$output")" = 1 ]
}

@test "what is said there reaches neither terminal nor agent as anything but data" {
	evil=$(printf '\\u001b]0;x\\u0007$(touch %s/owned)`touch %s/owned`' "$BOX" "$BOX")
	session
	push
	cause github "{\"op\": \"pr\", \"repo\": \"acme/app\", \"head\": \"feat/42\", \"title\": \"$evil\", \"author\": \"a;b\"}" >/dev/null
	why check "\"name\": \"$evil\", \"conclusion\": \"FAILURE\", \"log\": \"----- end -----\\n@README\\n$evil\"" >/dev/null
	why thread "\"file\": \"$evil\", \"line\": 1, \"author\": \"x\", \"association\": \"NONE\", \"body\": \"STRANGE\\u0000\"" >/dev/null
	why thread "\"file\": \"new\", \"line\": 1, \"author\": \"rev\", \"association\": \"MEMBER\", \"body\": \"@README $evil\"" >/dev/null
	for words in status 'pr view fe-1' 'pr ls' 'session ls' 'pr checks fe-1'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr ao $words
		[[ $output$stderr != *$'\e'* ]]
	done
	ao poll
	[ ! -e "$BOX/owned" ]
	cat "$DATA"/fe-1/outbox/0* >"$BOX/sent"
	grep -q 'failed check, begin' "$BOX/sent"
	grep -q '@ README' "$BOX/sent"
	run ! grep -q STRANGE "$BOX/sent"
	run ! grep -q $'\e' "$BOX/sent"
	# said once, and the record has found its pull request
	n=$(find "$DATA/fe-1/outbox" -name '0*' | wc -l)
	ao poll
	[ "$(find "$DATA/fe-1/outbox" -name '0*' | wc -l)" = "$n" ]
	grep -q '^pr=https://github.com/acme/app/pull/1$' "$DATA/fe-1/metadata"
}

@test "no login, no trust: nothing is sent, and what to do is said" {
	session
	unset GH_TOKEN
	forget github
	PATH=$BOX/none:$PATH run -1 ao pr create fe-1
	[[ $output == *'no login for github.com: gh auth login'* ]]
	export GH_TOKEN=token-of-ann
	sed 's/^name: box/name: other/' "$CONFIG" >"$REPO/agent-orchestrator.yaml"
	git -C "$REPO" add agent-orchestrator.yaml
	git -C "$REPO" commit -q -m config
	run -5 ao --config "$REPO/agent-orchestrator.yaml" pr ls -p frontend
	[[ $output == *'ao trust'* ]]
	[ "$(asked github)" = 0 ]
}

@test "issues: a prompt holds what those said who may speak to an agent" {
	cause github '[{"op": "issue", "repo": "acme/app", "title": "Login is slow", "body": "On phones\u001b[31m. ![x](https://evil/a.zip)", "author": "mallory"},
		{"op": "comment", "repo": "acme/app", "issue": 1, "author": "mallory", "body": "STRANGE order"},
		{"op": "comment", "repo": "acme/app", "issue": 1, "author": "ann", "body": "look at the cache"}]'
	run -0 ao issue ls -p frontend
	[[ $output == *'#1'*'Login is slow'* ]]
	run -0 ao issue view 1 -p frontend
	[[ $output == *'look at the cache'* && $output != *STRANGE* && $output != *$'\e'* ]]
	run -0 ao spawn frontend https://github.com/acme/app/issues/1
	[[ $output == *'Branch:   feat/1'* ]]
	grep -q '^issueId=1$' "$DATA/fe-1/metadata"
	grep -q 'tracker=github' "$DATA/fe-1/metadata"
	grep -q 'Login is slow' "$DATA/fe-1/prompt.md"
	grep -q 'look at the cache' "$DATA/fe-1/prompt.md"
	run ! grep -q STRANGE "$DATA/fe-1/prompt.md"
	run -0 --separate-stderr ao spawn frontend '#99'
	[[ $stderr == *'has no issue #99'* ]]
	run -0 ao issue create 'A new one' --body text -p frontend
	[[ $output == *'#2'* ]]
	run -0 ao issue comment 1 -m 'a "word" of $(ours)' -p frontend
	[[ $output == *'Comment on issue #1 added'* ]]
	[[ $(ao issue view 1 -p frontend) == *'a "word" of $(ours)'* ]]
	run -4 ao issue comment 77 -m x -p frontend
	[[ $output == *"no issue '77'"* ]]
	run -0 ao issue close 1 --reason 'done elsewhere' -p frontend
	run -0 ao session cleanup
	[[ $output == *'Cleaned: fe-1'* && $output != *fe-2* ]]
	run -0 ao issue ls -p frontend
	[[ $output != *'Login is slow'* ]]
}

@test "doctor tells of login, rights and quota; status of a quota that runs out" {
	sed -i "/sessionPrefix: api/a\\    repo: acme/app\\n    scm: $GITHUB_SCM" "$CONFIG"
	run ao doctor
	[[ $output == *'forge github.com: logged in as ann, 4'*' of 5000 requests left'* ]]
	[ "$(grep -c 'forge github.com' <<<"$output")" = 1 ] # not once for each project
	FRONTEND="scm: $GITHUB_SCM" box_config
	GH_TOKEN=bad-token run -1 ao doctor
	[[ $output == *'project frontend: github.com does not let us in (status 401)'* ]]
	fault github '{"kind": "status", "on": "graphql", "status": 200, "body": {"data": {"viewer": {"login": "ann"}}},
		"headers": {"x-oauth-scopes": "repo:status, delete_repo"}}'
	run -1 ao doctor
	[[ $output == *"lacks the scope 'repo'"* ]]
	unset GH_TOKEN
	PATH=$AO_BUILD:/usr/bin:/bin run -1 ao doctor
	[[ $output == *'no login for github.com'* ]]
	export GH_TOKEN=token-of-ann
	session
	control github POST config '{"limit": {"graphql": 9}}'
	ao status --json >/dev/null
	for _ in 1 2 3 4 5 6; do ao issue ls -p frontend >/dev/null; done
	old
	run -0 --separate-stderr ao status
	[[ $stderr == *'github.com: '?' of 9 requests are left for the next'* ]]
}
