#!/usr/bin/env bats
# The fake GitHub is what it says: driven with curl, git and, where it is there, Debian's gh.
# Proves that our stand-in keeps GitHub's published rules; says nothing of ao.

load box
load forge

setup() {
	box_open
	fake_github_start
	github_repo acme/app '{"checksOnPush": [{"name": "build"}], "requiredApprovals": 1, "requiredChecks": ["build"]}'
}

api() { # PATH [curl's]: the body; the head is in $BOX/head
	local path=$1
	shift
	curl -sS -D "$BOX/head" -H 'Authorization: bearer token-of-ann' --unix-socket "$GITHUB/socket" "http://api.github.com$path" "$@"
}
query() { jq -n --arg q "$1" '{query: $q}' | api /graphql -d @-; }
header() { tr -d '\r' <"$BOX/head" | sed -n "s/^$1: //Ip"; }
code() { api "$@" -o /dev/null -w '%{http_code}'; }
pr() { # FIELDS of pull request 1
	query "{ repository(owner: \"acme\", name: \"app\") { pullRequest(number: 1) { $1 } } }" | jq -c .data.repository.pullRequest
}
branch() { # NAME FILE TEXT
	cause github "{\"op\": \"push\", \"repo\": \"acme/app\", \"branch\": \"$1\", \"files\": {\"$2\": \"$3\\n\"}}" >/dev/null
}
pull() { # BRANCH
	branch "$1" "$1" text
	cause github "{\"op\": \"pr\", \"repo\": \"acme/app\", \"head\": \"$1\", \"title\": \"Add $1\"}" | jq .[0].number
}
check() { # NAME CONCLUSION
	cause github "{\"op\": \"check\", \"repo\": \"acme/app\", \"pr\": 1, \"name\": \"$1\", \"conclusion\": \"$2\"}"
}
review() { cause github "{\"op\": \"review\", \"repo\": \"acme/app\", \"pr\": 1, \"state\": \"$1\"}"; }

@test "states follow from causes; head, size and merge are git's" {
	git -C "$REPO" switch -qc feat
	printf 'two\nthree\n' >"$REPO/new"
	git -C "$REPO" add new
	git -C "$REPO" commit -qm 'Add new'
	git -C "$REPO" push -q origin feat
	[ "$(api /repos/acme/app/pulls -d '{"title": "Add new", "head": "feat", "base": "main"}' | jq .number)" = 1 ]
	local all='state mergeable mergeStateStatus reviewDecision additions commits(last: 1) { nodes { commit { statusCheckRollup { state } } } }'
	run pr "$all"
	[ "$(echo "$output" | jq -r '[.state, .mergeable, .mergeStateStatus, .reviewDecision, .additions, .commits.nodes[0].commit.statusCheckRollup.state] | join(" ")')" = "OPEN MERGEABLE BLOCKED REVIEW_REQUIRED 2 PENDING" ]
	check build FAILURE
	review CHANGES_REQUESTED
	[ "$(pr 'reviewDecision statusCheckRollup { state }')" = '{"reviewDecision":"CHANGES_REQUESTED","statusCheckRollup":{"state":"FAILURE"}}' ]
	# a stranger's approval counts nothing, nor does the author's
	cause github '{"op": "review", "repo": "acme/app", "pr": 1, "state": "APPROVED", "author": "mallory"}'
	run ! cause github '{"op": "review", "repo": "acme/app", "pr": 1, "state": "APPROVED", "author": "ann"}'
	[ "$(pr reviewDecision)" = '{"reviewDecision":"CHANGES_REQUESTED"}' ]
	# a push starts the checks anew
	echo four >>"$REPO/new"
	git -C "$REPO" commit -qam more
	git -C "$REPO" push -q origin feat
	[ "$(pr 'headRefOid statusCheckRollup { state }')" = "{\"headRefOid\":\"$(git -C "$REPO" rev-parse feat)\",\"statusCheckRollup\":{\"state\":\"PENDING\"}}" ]
	[ "$(code /repos/acme/app/pulls/1/merge -X PUT -d '{"merge_method": "squash"}')" = 405 ]
	check build SUCCESS
	review APPROVED
	[ "$(pr 'mergeStateStatus reviewDecision')" = '{"mergeStateStatus":"CLEAN","reviewDecision":"APPROVED"}' ]
	# a second branch changes the same file: git finds the conflict after the merge
	branch clash new other
	cause github '{"op": "pr", "repo": "acme/app", "head": "clash"}'
	[ "$(code /repos/acme/app/pulls/1/merge -X PUT -d "{\"merge_method\": \"squash\", \"sha\": \"$(git -C "$REPO" rev-parse main)\"}")" = 409 ]
	[ "$(code /repos/acme/app/pulls/1/merge -X PUT -d '{"merge_method": "squash"}')" = 200 ]
	git -C "$REPO" fetch -q origin
	[ "$(git -C "$REPO" show origin/main:new)" = $'two\nthree\nfour' ]
	[ "$(git -C "$REPO" rev-list --count main..origin/main)" = 1 ]
	[ "$(api /repos/acme/app/pulls/2 | jq -r '.mergeable_state')" = dirty ]
	[ "$(api /repos/acme/app/pulls/1 | jq -r '[.merged, .additions] | join(" ")')" = "true 3" ]
}

@test "what GitHub would refuse is refused, and what is not modelled is told" {
	pull feat
	query '{ repository(owner: "acme", name: "app") { ciStatus } }' | grep -q 'Cannot query field'
	query '{ repository(owner: "acme", name: "app") { pullRequests { nodes { number } } } }' | grep -q MISSING_PAGINATION
	query '{ repository(owner: "acme", name: "app") { pullRequests(first: 101) { nodes { number } } } }' | grep -q EXCESSIVE_PAG
	query '{ repository(owner: "acme", name: "app") { issues(first: 100) { nodes { comments(first: 100) { nodes { reactions(first: 100) { nodes { id } } } } } } } }' | grep -q MAX_NODE_LIMIT
	[ "$(summary github .invalid)" = 4 ]
	query '{ repository(owner: "acme", name: "app") { pullRequest(number: 1) { projectCards(first: 1) { totalCount } } } }' | grep -q 'Projects (classic)'
	[ "$(summary github .unmodelled)" = '{}' ]
	pr activeLockReason
	[ "$(summary github .unmodelled)" = $'{\n  "PullRequest.activeLockReason": 1\n}' ]
	# one missing number is a null beside good data
	[ "$(query '{ repository(owner: "acme", name: "app") { a: pullRequest(number: 1) { number } b: pullRequest(number: 9) { number } } }' |
		jq -r '[.data.repository.a.number, .data.repository.b, .errors[0].type] | map(tostring) | join(" ")')" = "1 null NOT_FOUND" ]
}

@test "the log of a failed job lies at another host that wants no token" {
	pull feat
	id=$(cause github '{"op": "check", "repo": "acme/app", "pr": 1, "name": "build", "conclusion": "FAILURE", "log": "make\nboom"}' | jq .[0].databaseId)
	[ "$(code "/repos/acme/app/actions/jobs/$id/logs")" = 302 ]
	to=$(api "/repos/acme/app/actions/jobs/$id/logs" -o /dev/null -w '%{redirect_url}')
	[[ $to == http://127.0.0.1:$GITHUB_PORT/_logs/* ]]
	curl -sS "$to" | grep -q 'Z boom'
	[ "$(curl -sS -H 'Authorization: x' -o /dev/null -w '%{http_code}' "$to")" = 401 ]
	[ "$(api "/repos/acme/app/actions/jobs/$id" | jq -r '.steps[1].conclusion')" = failure ]
}

@test "a fork's pull request, a rename, an archive, a deleted branch" {
	cause github '[{"op": "repo", "repo": "mallory/app", "fork": "acme/app"},
		{"op": "push", "repo": "mallory/app", "branch": "evil", "files": {"x": "y\n"}},
		{"op": "pr", "repo": "acme/app", "head": "mallory:evil", "author": "mallory"},
		{"op": "comment", "repo": "acme/app", "pr": 1, "author": "mallory", "body": "do it"}]'
	[ "$(pr 'isCrossRepository headRepository { nameWithOwner } comments(first: 1) { nodes { authorAssociation } }')" = \
		'{"isCrossRepository":true,"headRepository":{"nameWithOwner":"mallory/app"},"comments":{"nodes":[{"authorAssociation":"NONE"}]}}' ]
	git -C "$REPO" fetch -q origin refs/pull/1/head
	[ "$(git -C "$REPO" show FETCH_HEAD:x)" = y ]
	cause github '{"op": "rename", "repo": "acme/app", "to": "acme/new"}'
	[ "$(query '{ repository(owner: "acme", name: "app") { nameWithOwner } }' | jq -r .data.repository.nameWithOwner)" = acme/new ]
	[ "$(code /repos/acme/app/pulls/1)" = 301 ]
	[ "$(api /repos/acme/app/pulls/1 -L | jq .number)" = 1 ]
	git -C "$REPO" push -q origin main:still
	cause github '{"op": "archive", "repo": "acme/new"}'
	[ "$(code /repos/acme/new/issues -d '{"title": "t"}')" = 403 ]
	run ! git -C "$REPO" push -q origin main:more
	[[ $output == *"archived so it is read-only"* ]]
	cause github '{"op": "archive", "repo": "acme/new", "archived": false}'
	cause github '{"op": "branch-delete", "repo": "mallory/app", "branch": "evil"}'
	[ "$(api /repos/acme/new/pulls/1 | jq -r .state)" = closed ]
}

@test "an unchanged answer is 304 and free; limits are counted and reset" {
	pull feat
	tag=$(api /repos/acme/app/pulls/1 >/dev/null && header etag)
	left=$(header x-ratelimit-remaining)
	[ "$(code /repos/acme/app/pulls/1 -H "If-None-Match: $tag")" = 304 ]
	[ "$(header x-ratelimit-remaining)" = "$left" ]
	cause github '{"op": "label", "repo": "acme/app", "pr": 1, "labels": ["x"]}'
	[ "$(code /repos/acme/app/pulls/1 -H "If-None-Match: $tag")" = 200 ]
	control github POST config '{"limit": {"graphql": 2}}'
	query '{ viewer { login } }'
	query '{ viewer { login } }'
	query '{ viewer { login } }' | grep -q graphql_rate_limit
	[ "$(header x-ratelimit-remaining)" = 0 ]
	cause github '{"op": "clock", "advance": 3601}'
	query '{ viewer { login } }' | grep -q ann
	control github POST config '{"perMinute": {"core": 8}}'
	[ "$(code /repos/acme/app/issues -d '{"title": "t"}')" = 201 ]
	[ "$(code /repos/acme/app/issues -d '{"title": "t"}')" = 403 ]
	[ "$(header retry-after)" = 60 ]
}

@test "faults come as asked for, and end" {
	pull feat
	fault github '[{"kind": "status", "status": 502, "on": "graphql"}, {"kind": "unauthorized", "on": "rest", "skip": 1}]'
	[ "$(code /graphql -d '{"query": "{ viewer { login } }"}')" = 502 ]
	[ "$(code /user)$(code /user)$(code /user)" = 200401200 ]
	fault github '{"kind": "secondary", "retryAfter": 7, "status": 429}'
	[ "$(code /user)" = 429 ]
	[ "$(header retry-after)" = 7 ]
	fault github '{"kind": "primary"}'
	[ "$(code /user)" = 403 ]
	[ "$(header x-ratelimit-remaining)" = 0 ]
	fault github '{"kind": "slow", "delayMs": 60000}'
	run api /user -m 0.3
	[ "$status" = 28 ]
	fault github '{"kind": "drop"}'
	run api /user
	[ "$status" = 52 ]
	fault github '{"kind": "truncate"}'
	run api /user
	[ "$status" = 18 ]
	fault github '{"kind": "timeout", "query": "viewer"}'
	[ "$(query '{ viewer { login } }' | jq .data)" = null ]
	fault github '{"kind": "null", "alias": "b"}'
	[ "$(query '{ a: viewer { login } b: viewer { login } }' | jq -c '[.data.a.login, .data.b, .errors[0].path]')" = '["ann",null,["b"]]' ]
	fault github '{"kind": "status", "status": 304, "path": "^/user$"}'
	[ "$(code /user)" = 304 ]
	run control github POST faults '{"kind": "nonsense"}'
	[ "$status" -ne 0 ]
}

@test "make test-live: refuses without a token, and can pass and fail" {
	live() {
		node --preserve-symlinks --preserve-symlinks-main \
			"$BATS_TEST_DIRNAME/../../build/fakes/test/live/github.mjs" "$BOX/queries"
	}
	unset GH_TOKEN
	expect 2 live
	errs 'set GH_TOKEN'
	pull feat
	export GH_TOKEN=token-of-ann AO_LIVE_REPO=acme/app AO_LIVE_API=http://127.0.0.1:$GITHUB_PORT
	mkdir "$BOX/queries"
	printf '%s\n' 'query A($owner: String!, $name: String!, $number0: Int!) { repository(owner: $owner, name: $name) { p0: pullRequest(number: $number0) { ...P } } }' \
		'query B($input: AuditLogOrder!) { viewer { login } }' 'fragment P on PullRequest { title }' >"$BOX/queries/a.graphql"
	expect 0 live
	has 'ok a.graphql A'
	has 'ok and free'
	has '$input'
	echo 'query C { viewer { login_ } }' >"$BOX/queries/c.graphql"
	expect 1 live
	has 'not ok c.graphql C: Cannot query field'
}
