#!/usr/bin/env bats
# The fake GitLab is what it says: driven with curl and git, and by @gitbeaker/rest, which is not
# ours, whose types its answers are held against.

load box
load forge

setup() {
	box_open
	fake_gitlab_start
}
api() { # PATH [curl's]
	local path=$1
	shift
	curl -sS -D "$BOX/head" -H 'PRIVATE-TOKEN: glpat-ann' --unix-socket "$GITLAB/socket" "http://gitlab.example.org/api/v4$path" "$@"
}
code() { api "$@" -o /dev/null -w '%{http_code}'; }
App=acme%2Fplatform%2Fapp

@test "an independent client takes a merge request from its making to its merge" {
	gitlab_repo acme/platform/app '{"approvalsRequired": 1, "pipelineMustSucceed": true}'
	git -C "$REPO" switch -qc feat
	echo two >"$REPO/feat"
	git -C "$REPO" add feat
	git -C "$REPO" commit -qm 'Add feat'
	git -C "$REPO" push -q origin feat
	expect 0 node --preserve-symlinks --preserve-symlinks-main \
		"$BATS_TEST_DIRNAME/../../build/fakes/test/fake-gitlab/drive.mjs" "http://127.0.0.1:$GITLAB_PORT/gitlab" acme/platform/app
	git -C "$REPO" fetch -q origin
	[ "$(git -C "$REPO" show origin/main:feat)" = two ]
	requests gitlab '.[].path' | grep -q '^/gitlab/api/v4/projects/acme%2Fplatform%2Fapp/merge_requests/1/discussions'
}

@test "states follow from causes; pushes, conflicts and forks are git's" {
	gitlab_repo acme/platform/app '{"jobs": [{"name": "build"}], "pipelineMustSucceed": true, "discussionsMustResolve": true, "checkingReads": 1}'
	cause gitlab '[{"op": "push", "project": "acme/platform/app", "branch": "feat", "files": {"x": "1\n"}},
		{"op": "mr", "project": "acme/platform/app", "branch": "feat", "title": "Add x", "draft": true}]'
	status() { api "/projects/$App/merge_requests/${1:-1}" | jq -r .detailed_merge_status; }
	[ "$(status) $(status)" = 'checking draft_status' ]
	api "/projects/$App/merge_requests/1" -X PUT -d '{"title": "Add x"}' | grep -q '"draft":false'
	[ "$(status)" = ci_still_running ]
	cause gitlab '{"op": "job", "project": "acme/platform/app", "mr": 1, "name": "build", "status": "failed", "allowFailure": true}'
	[ "$(status)" = mergeable ]
	cause gitlab '{"op": "discussion", "project": "acme/platform/app", "mr": 1, "body": "no"}'
	[ "$(status)" = discussions_not_resolved ]
	cause gitlab '[{"op": "project", "project": "mallory/app", "fork": "acme/platform/app"},
		{"op": "push", "project": "mallory/app", "branch": "evil", "files": {"x": "2\n"}},
		{"op": "mr", "project": "acme/platform/app", "source": "mallory/app", "branch": "evil", "title": "Evil", "author": "mallory"},
		{"op": "project-set", "project": "acme/platform/app", "set": {"discussionsMustResolve": false}}]'
	[ "$(api "/projects/$App/merge_requests/2" | jq '.source_project_id != .target_project_id')" = true ]
	git -C "$REPO" fetch -q origin refs/merge-requests/2/head
	[ "$(code "/projects/$App/merge_requests/1/merge" -X PUT -d '{}')" = 200 ]
	[ "$(status 2) $(status 2)" = 'checking conflict' ]
	[ "$(api "/projects/$App/merge_requests/1" | jq -r .state)" = merged ]
}

@test "a free tier has no rule of approvals; a rename is followed by reading alone; an archive is left alone" {
	gitlab_repo acme/platform/app '{"free": true}'
	cause gitlab '[{"op": "push", "project": "acme/platform/app", "branch": "feat", "files": {"x": "1\n"}},
		{"op": "mr", "project": "acme/platform/app", "branch": "feat", "title": "Add x"},
		{"op": "rename", "project": "acme/platform/app", "to": "acme/new"}]'
	[ "$(api "/projects/$App/merge_requests/1/approvals" | jq -c '[.approved, .approvals_required]')" = '[false,null]' ]
	[ "$(code "/projects/$App/issues" -d '{"title": "t"}')" = 404 ]
	cause gitlab '{"op": "archive", "project": "acme/new"}'
	[ "$(code /projects/acme%2Fnew/issues -d '{"title": "t"}')" = 403 ]
	run ! git -C "$REPO" push -q origin main:more
}

@test "an unchanged answer is 304; faults come as asked for, and end" {
	gitlab_repo acme/platform/app
	api "/projects/$App" >/dev/null
	tag=$(tr -d '\r' <"$BOX/head" | sed -n 's/^etag: //p')
	[ "$(code "/projects/$App" -H "If-None-Match: $tag")" = 304 ]
	[ "$(code /user -H 'PRIVATE-TOKEN: expired')" = 401 ]
	fault gitlab '[{"kind": "limited", "retryAfter": 7}, {"kind": "limited", "retryAfter": null}, {"kind": "unauthorized"}, {"kind": "status", "status": 502}]'
	[ "$(code /user)" = 429 ]
	grep -q 'retry-after: 7' "$BOX/head"
	[ "$(code /user)" = 429 ]
	run ! grep -q retry-after "$BOX/head"
	[ "$(code /user)$(code /user)$(code /user)" = 401502200 ]
}

@test "what asks a GitLab itself finds the fake in order, and a price that is not" {
	gitlab_repo acme/platform/app
	cause gitlab '[{"op": "push", "project": "acme/platform/app", "branch": "feat", "files": {"x": "1\n"}},
		{"op": "mr", "project": "acme/platform/app", "branch": "feat", "title": "Add x"}]' >/dev/null
	live() {
		AO_LIVE_PROJECT=acme/platform/app AO_LIVE_API=http://127.0.0.1:$GITLAB_PORT/api/graphql node --preserve-symlinks --preserve-symlinks-main \
			"$BATS_TEST_DIRNAME/../../build/fakes/test/live/gitlab.mjs" "$BATS_TEST_DIRNAME/../../share/graphql/gitlab"
	}
	run live
	[[ $output == *'ok the question is taken'*'ok its price of 172'*'ok each merge request is in it'* ]]
	control gitlab POST config '{"lacks": ["MergeRequest.closedAt"]}' >/dev/null
	run -1 live
	[[ $output == *"not ok the question is taken: Field 'closedAt' doesn't exist"* ]]
	GITLAB_TOKEN=bad run -2 live
}
