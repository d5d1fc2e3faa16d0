#!/usr/bin/env bats
# Many merge requests on the fake GitLab: one question in GraphQL for all of them, below the limits that GitLab documents;
# what is asked where a server does not know all of it, and what is made of half an answer.

load box
load forge

setup() {
	box_open
	fake_gitlab_start
	JUDGED=gitlab
	FRONTEND="scm: $GITLAB_SCM" box_config
	gitlab_repo acme/platform/app '{"approvalsRequired": 1, "members": ["ann", "rev"]}'
}
url=http://gitlab.localhost
records() { # FROM TO [PROJECT] [BEFORE]: sessions with merge requests of their own, from number BEFORE + 1
	local i project=${3:-acme/platform/app}
	for ((i = $1; i <= $2; i++)); do
		jq -nc --arg p "$project" --arg b "b$i" '{op: "push", project: $p, branch: $b, files: {($b): "x\n"}},
			{op: "mr", project: $p, branch: $b, title: $b}'
		record "$i" "b$i" "$url/$project/-/merge_requests/$((i - $1 + 1 + ${4:-0}))"
	done | jq -s . | cause gitlab "$(cat)" >/dev/null
}
record() { # I BRANCH [URL]
	mkdir -p "$DATA/fe-$1" "$TREES/fe-$1"
	printf 'projectId=frontend\nstatus=pr_open\nbranch=%s\n%screatedAt=2026-11-22T07:17:56Z\nworktree=%s\n' \
		"$2" "${3:+pr=$3
}" "$TREES/fe-$1" >"$DATA/fe-$1/metadata"
}
looked() { # what `ao status` asks: questions in GraphQL, and all
	old
	forget gitlab
	ao status --json >"$BOX/rows" 2>"$BOX/notes" || cat "$BOX/notes"
	summary gitlab '"\(.graphql) \(.requests)"'
}
shown() { jq -r ".[] | select(.name == \"$1\") | [.prNumber, .ciStatus, .reviewDecision, .pendingThreads] | map(tostring) | join(\" \")" "$BOX/rows"; }
why() { cause gitlab "{\"op\": \"$1\", \"project\": \"acme/platform/app\", \"mr\": $2, $3}" >/dev/null; }

@test "sessions with and without a merge request are one question, whatever their number; beyond fifty it is one list more" {
	records 1 20
	for i in $(seq 21 40); do record "$i" "none$i"; done
	cause gitlab '[{"op": "push", "project": "acme/platform/app", "branch": "none40", "files": {"y": "x\n"}},
		{"op": "mr", "project": "acme/platform/app", "branch": "none40", "title": "found"}]' >/dev/null
	why job 3 '"name": "unit", "status": "failed", "log": "boom"'
	why job 4 '"name": "unit", "status": "success"'
	why approve 4 '"author": "rev"'
	why request-changes 5 '"author": "rev"'
	why discussion 6 '"file": "b6", "line": 1, "author": "rev", "body": "why?"'
	[ "$(looked)" = '1 1' ]
	[ "$(shown fe-1)" = '1 none pending 0' ]
	[ "$(shown fe-3)" = '3 failure pending 0' ]
	[ "$(shown fe-4)" = '4 success approved 0' ]
	[ "$(shown fe-5)" = '5 none changes_requested 0' ]
	[ "$(shown fe-6)" = '6 none pending 1' ]
	[ "$(shown fe-21)" = 'null null null null' ]
	[ "$(shown fe-40)" = '21 none pending 0' ]
	[ ! -s "$BOX/notes" ]
	records 41 95 acme/platform/app 21 # 75 by number, 19 by branch
	[ "$(looked)" = '1 1' ]
	[ "$(shown fe-95)" = '76 none pending 0' ]
	[ "$(summary gitlab .dearest)" -le 250 ]
	for i in $(seq 100 180); do record "$i" "none$i"; done # four lists of branches
	[ "$(looked)" = '3 3' ]
	[ "$(summary gitlab .dearest)" -le 250 ]
}

@test "a poll asks more of what changed alone: its jobs, threads and logs" {
	session
	push
	cause gitlab '{"op": "mr", "project": "acme/platform/app", "branch": "feat/42", "title": "new"}' >/dev/null
	records 2 10 acme/platform/app 1
	ao poll >/dev/null
	why job 1 '"name": "unit", "status": "failed", "log": "make\nboom"'
	why discussion 1 '"file": "new", "line": 1, "author": "rev", "body": "why so?"'
	why discussion 1 '"file": "new", "line": 1, "author": "mallory", "body": "STRANGE"'
	old
	forget gitlab
	ao poll >/dev/null
	[ "$(summary gitlab .graphql)" = 1 ]
	requests gitlab '.[] | select(.kind == "rest") | .path' >"$BOX/asked"
	[ "$(grep -c '/merge_requests/1/discussions' "$BOX/asked")" = 1 ]
	[ "$(grep -c '/pipelines/[0-9]*/jobs' "$BOX/asked")" = 1 ]
	[ "$(grep -c '/jobs/[0-9]*/trace' "$BOX/asked")" = 1 ]
	[ "$(wc -l <"$BOX/asked")" = 6 ] # and once an hour who may write
	cat "$DATA"/fe-1/outbox/0* >"$BOX/sent"
	grep -q boom "$BOX/sent"
	grep -q 'why so?' "$BOX/sent"
	run ! grep -q STRANGE "$BOX/sent"
	old
	forget gitlab
	ao poll >/dev/null
	[ "$(summary gitlab '"\(.graphql) \(.requests)"')" = '1 1' ]
	why note 1 '"author": "rev", "body": "hm"' # a word more may be an answer in a thread
	old
	forget gitlab
	ao poll >/dev/null
	[ "$(requests gitlab '[.[] | select(.path | endswith("discussions?per_page=100&page=1"))] | length')" = 1 ]
}

@test "projects share a question as long as GitLab takes it" {
	records 1 3
	for i in 2 3 4 5; do
		cause gitlab "{\"op\": \"project\", \"project\": \"acme/p$i\", \"fork\": \"acme/platform/app\"}" >/dev/null
		records $((i * 10)) $((i * 10 + 1)) "acme/p$i"
	done
	[ "$(looked)" = '2 2' ]
	[ "$(shown fe-1)" = '1 none pending 0' ]
	for i in 20 30 40 50; do [ "$(shown "fe-$i")" = '1 none none 0' ]; done
	[ "$(shown fe-51)" = '2 none none 0' ]
	[ "$(summary gitlab .dearest)" -le 250 ]
	# a list each, where GitLab finds two too dear
	control gitlab POST config '{"complexity": 100}' >/dev/null
	[ "$(looked)" = '7 7' ]
	[ "$(shown fe-51)" = '2 none none 0' ]
	[ "$(looked)" = '5 5' ]
	JUDGED= # it refused two
}

@test "the Community Edition lacks a field; an older server is asked by REST, for a day, and says so once" {
	records 1 3
	control gitlab POST config '{"lacks": ["MergeRequest.approvalsLeft"]}' >/dev/null
	[ "$(looked)" = '2 2' ]
	[ "$(looked)" = '1 1' ]
	[ "$(shown fe-2)" = '2 none none 0' ]
	[ ! -s "$BOX/notes" ]
	why approve 2 '"author": "rev"'
	looked
	[ "$(shown fe-2)" = '2 none approved 0' ]
	control gitlab POST config '{"lacks": ["MergeRequest.resolvableDiscussionsCount"]}' >/dev/null
	why discussion 1 '"file": "b1", "line": 1, "author": "rev", "body": "why?"'
	[ "$(looked)" = '1 16' ] # three about the project
	grep -q "does not take one question for all (Field 'resolvableDiscussionsCount' doesn't exist on type 'MergeRequest'): for a day" "$BOX/notes"
	[ "$(shown fe-1)" = '1 none pending 1' ]
	[ "$(looked)" = '0 12' ]
	[ ! -s "$BOX/notes" ]
	control gitlab POST config '{"lacks": []}' >/dev/null
	ago 86401 apart
	[ "$(looked)" = '1 1' ]
	control gitlab POST config '{"graphql": false}' >/dev/null
	[ "$(looked)" = '1 13' ]
	grep -q 'it has no GraphQL' "$BOX/notes"
	[ "$(shown fe-1)" = '1 none pending 1' ]
	JUDGED=
}

@test "half an answer is none; a project with a new name is found by its old one; a fork's origin is its own" {
	records 1 2
	looked
	why job 1 '"name": "unit", "status": "success"'
	why job 2 '"name": "unit", "status": "success"'
	fault gitlab '{"kind": "wrong", "at": ["r0", "l0", "nodes", 0, "detailed_merge_status"]}'
	[ "$(looked)" = '1 1' ]
	grep -q 'Timeout on MergeRequest.detailedMergeStatus' "$BOX/notes"
	[ "$(shown fe-1) $(shown fe-2)" = '1 success pending 0 2 none pending 0' ] # the newest stands first
	cause gitlab '{"op": "rename", "project": "acme/platform/app", "to": "acme/other"}' >/dev/null
	[ "$(looked)" = '1 12' ]
	[ "$(shown fe-2)" = '2 success pending 0' ]
	record 3 b9
	cause gitlab '[{"op": "push", "project": "acme/other", "branch": "b9", "files": {"y": "x\n"}},
		{"op": "mr", "project": "acme/other", "branch": "b9", "title": "found"}]' >/dev/null
	[ "$(looked)" = '1 1' ]
	[ "$(shown fe-3)" = '3 none pending 0' ]

	cause gitlab '[{"op": "project", "project": "ann/app", "fork": "acme/other"},
		{"op": "push", "project": "ann/app", "branch": "b7", "files": {"z": "x\n"}},
		{"op": "mr", "project": "acme/other", "source": "ann/app", "branch": "b7", "title": "of a fork"}]' >/dev/null
	git -C "$REPO" remote set-url origin git@gitlab.example.org:ann/app.git
	FRONTEND="scm: $GITLAB_SCM
repo: acme/other" box_config
	record 4 b7
	record 5 b1 # that of another's branch
	looked
	[ "$(shown fe-4)" = '4 none pending 0' ]
	[ "$(shown fe-5)" = 'null null null null' ]
}
