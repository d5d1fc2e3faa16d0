#!/usr/bin/env bats
# scm and tracker `gitlab` against a fake whose answers an independent client's types judge: what is shown,
# what it costs, what is refused, in a project of nested groups.

load box
load forge

setup() {
	box_open
	fake_gitlab_start
	FRONTEND="scm: $GITLAB_SCM" box_config
	gitlab_repo acme/platform/app '{"approvalsRequired": 1, "members": ["ann", "rev"], "checkingReads": 1}'
}
why() { cause gitlab "{\"op\": \"$1\", \"project\": \"acme/platform/app\", \"mr\": 1, $2}" >/dev/null; }
url=http://gitlab.localhost/acme/platform/app/-

@test "a merge request from push to merge, its issue and the end of its session" {
	cause gitlab '[{"op": "issue", "project": "acme/platform/app", "title": "Login is slow", "body": "x"},
		{"op": "note", "project": "acme/platform/app", "issue": 1, "author": "mallory", "body": "STRANGE order"},
		{"op": "note", "project": "acme/platform/app", "issue": 1, "author": "rev", "body": "look at the cache"}]' >/dev/null
	session "$url/issues/1"
	grep -q '^issueId=1$' "$DATA/fe-1/metadata"
	grep -q 'look at the cache' "$DATA/fe-1/prompt.md"
	run ! grep -q STRANGE "$DATA/fe-1/prompt.md"
	run -0 ao pr create fe-1 --body 'what and why'
	[[ $output == *'Pull request #1 created for fe-1.'*'#1 Login is slow'*"URL:      $url/merge_requests/1"* && $output != *'Merged as'* ]]
	[ "$(git -C "$GITLAB/repos/acme/platform/app.git" rev-parse feat/1)" = "$(git -C "$TREES/fe-1" rev-parse HEAD)" ]
	grep -q "^pr=$url/merge_requests/1\$" "$DATA/fe-1/metadata"
	run -0 ao pr create fe-1
	[[ $output == *'#1 of fe-1 is open already'* ]]
	why job '"name": "lint", "status": "failed", "allowFailure": true'
	why job '"name": "unit", "status": "failed", "log": "make\nboom \u001b[31mred"'
	why discussion '"file": "new", "line": 1, "author": "rev", "body": "why?"'
	run -1 ao pr checks fe-1
	[[ $output == *'✗ unit'*boom* && $output != *$'\e'* && $output != *section_end* && $output != *'✗ lint'* ]]
	old
	[ "$(row)" = '1 failure pending 1' ]
	run -6 ao pr merge fe-1
	[[ $output == *'a check failed'* ]]
	[ "$(ao pr checks fe-1 --again --json | jq -r .ciStatus)" = pending ]
	why job '"name": "unit", "status": "success"'
	why job '"name": "lint", "status": "success"'
	run -0 ao pr review fe-1 --resolve 1
	[[ $output == *'Thread 1 resolved'* ]]
	run -0 ao pr review fe-1 --ask rev
	run -4 ao pr review fe-1 --ask nobody
	run -6 ao pr merge fe-1
	[[ $output == *'a review is wanted'* ]]
	why approve '"author": "rev"'
	[ "$(ao pr view fe-1 --json | jq -r '.reviewDecision + " " + .ciStatus')" = 'approved success' ]
	run -6 ao pr review fe-1 --approve --head 0000000
	run -0 ao pr merge fe-1
	[[ $output == *'#1 merged into main'*'Issue #1 stays open: ao issue close -p frontend 1'*'Next:     ao session cleanup'* ]]
	[ "$(requests gitlab '[.[] | select(.path | endswith("/merge"))] | length')" = 1 ]
	[ "$(git -C "$GITLAB/repos/acme/platform/app.git" show main:new)" = text ]
	ao session ls | grep -q '\[merged\]'
	run -0 ao issue comment '#1' -m 'a "word" of $(ours)' -p frontend
	[[ $output == *'Comment on issue #1 added'* ]]
	[[ $(ao issue view 1 -p frontend) == *'Comment by ann'*'a "word" of $(ours)'* ]]
	run -4 ao issue comment 77 -m x -p frontend
	[[ $output == *"no issue '77'"* ]]
	run -0 ao issue close 1 --reason 'in #1' -p frontend
	run -0 ao session cleanup
	[[ $output == *'Cleaned: fe-1'* ]]
}

@test "no commits, an archive: refused before anything is pushed" {
	ao spawn frontend 42
	run -1 ao pr create fe-1
	[[ $output == *'feat/42 has no commits that main does not have: commit first'* ]]
	cause gitlab '{"op": "archive", "project": "acme/platform/app"}'
	echo text >"$TREES/fe-1/new"
	git -C "$TREES/fe-1" add new
	git -C "$TREES/fe-1" commit -q -m 'Add new'
	run -6 ao pr create fe-1
	[[ $output == *'acme/platform/app is archived'* ]]
	[ -z "$(git -C "$GITLAB/repos/acme/platform/app.git" branch --list 'feat/*')" ]
}

@test "found by its branch: never a fork's, nor one that was closed before; the last answer while none comes" {
	session
	push
	cause gitlab '[{"op": "project", "project": "mallory/app", "fork": "acme/platform/app"},
		{"op": "push", "project": "mallory/app", "branch": "feat/42", "files": {"x": "y\n"}},
		{"op": "mr", "project": "acme/platform/app", "source": "mallory/app", "branch": "feat/42", "title": "Evil", "author": "mallory"}]' >/dev/null
	[ "$(row)" = 'null null null null' ]
	cause gitlab '[{"op": "mr", "project": "acme/platform/app", "branch": "feat/42", "title": "first"}, {"op": "close", "project": "acme/platform/app", "mr": 2},
		{"op": "mr", "project": "acme/platform/app", "branch": "feat/42", "title": "Draft: second", "draft": true}]' >/dev/null
	old
	[ "$(row)" = '3 none pending 0' ]
	forget gitlab
	ao status --json >/dev/null
	ao session ls >/dev/null
	[ "$(asked gitlab)" = 0 ]
	run -6 ao pr merge 3 -p frontend
	[[ $output == *'it is a draft'* ]]
	old
	fault gitlab '{"kind": "status", "status": 502, "times": 9}'
	run -0 --separate-stderr ao status --json
	[ "$(jq -r '.[0].prNumber' <<<"$output")" = 3 ]
	[[ $stderr == *'has trouble of its own (status 502)'*'last seen'* ]]
	control gitlab DELETE faults >/dev/null
	fault gitlab '{"kind": "limited", "retryAfter": 60}'
	run -1 ao pr view fe-1
	[[ $output == *'its limit is reached'* ]]
	forget gitlab
	run -0 ao status --json
	[ "$(asked gitlab)" = 0 ]
}

@test "what is said there reaches neither terminal nor agent as anything but data" {
	evil=$(printf '\\u001b]0;x\\u0007$(touch %s/owned)`touch %s/owned`' "$BOX" "$BOX")
	session
	push
	cause gitlab "{\"op\": \"mr\", \"project\": \"acme/platform/app\", \"branch\": \"feat/42\", \"title\": \"$evil\"}" >/dev/null
	why job "\"name\": \"$evil\", \"status\": \"failed\", \"log\": \"----- end -----\\n@README\\n$evil\""
	why discussion "\"file\": \"$evil\", \"line\": 1, \"author\": \"mallory\", \"body\": \"STRANGE\\u0000\""
	why discussion "\"file\": \"new\", \"line\": 1, \"author\": \"rev\", \"body\": \"@README $evil\""
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
	n=$(find "$DATA/fe-1/outbox" -name '0*' | wc -l)
	ao poll
	[ "$(find "$DATA/fe-1/outbox" -name '0*' | wc -l)" = "$n" ]
	grep -q "^pr=$url/merge_requests/1\$" "$DATA/fe-1/metadata"
}

@test "no login, another host, doctor: what to do is said; issues and threads are made there" {
	run ao doctor
	[[ $output == *'logged in as ann'* ]]
	run -0 ao issue create 'A new one' --body text -p frontend
	[[ $output == *'#1'* ]]
	session
	ao pr create fe-1
	run -0 ao pr review fe-1 --request-changes -m 'not so'
	run -0 ao pr view fe-1
	[[ $output == *'not so'* ]]
	forget gitlab
	export GITLAB_HOST=git.other.example
	run -1 ao issue ls -p frontend
	[[ $output == *'no login for gitlab.example.org: set GITLAB_TOKEN and GITLAB_HOST=gitlab.example.org'* ]]
	unset GITLAB_HOST
	FRONTEND='scm: {plugin: gitlab}' box_config
	run -1 ao pr ls -p frontend
	[[ $output == *'no login for gitlab.example.org'* ]]
	FRONTEND='scm: {plugin: gitlab, apiUrl: https://evil.example/api/v4}' box_config
	run -5 ao pr ls -p frontend
	[[ $output == *'its host is not gitlab.example.org'* ]]
	[ "$(asked gitlab)" = 0 ]
}

@test "a rebase is what it is elsewhere or is refused: no commit of the merge, and no branch that is written anew" {
	session
	echo more >"$TREES/fe-1/more"
	git -C "$TREES/fe-1" add more
	git -C "$TREES/fe-1" commit -q -m 'Add more'
	ao pr create fe-1
	why approve '"author": "rev"'
	run -6 ao pr merge fe-1 --rebase
	[[ $output == *'#1 is not merged: its project makes a commit of each merge (merge method): --merge does'* ]]
	cause gitlab '[{"op": "project-set", "project": "acme/platform/app", "set": {"mergeMethod": "ff", "checkingReads": 0}},
		{"op": "push", "project": "acme/platform/app", "branch": "main", "files": {"other": "x\n"}}]' >/dev/null
	head=$(git -C "$TREES/fe-1" rev-parse HEAD)
	run -6 ao pr merge fe-1 --rebase
	[[ $output == *'its base has moved on: rebase its branch and push it'* ]]
	[ "$(git -C "$GITLAB/repos/acme/platform/app.git" rev-parse feat/42)" = "$head" ]
	[ "$(requests gitlab '[.[] | select(.path | endswith("/rebase"))] | length')" = 0 ]
	git -C "$TREES/fe-1" fetch -q origin
	git -C "$TREES/fe-1" rebase -q origin/main
	git -C "$TREES/fe-1" push -qf origin HEAD:feat/42
	head=$(git -C "$TREES/fe-1" rev-parse HEAD)
	run -0 ao pr merge fe-1 --rebase
	[[ $output == *"#1 merged into main as ${head:0:10}"* ]]
	[ "$(git -C "$GITLAB/repos/acme/platform/app.git" rev-parse main)" = "$head" ]
}
