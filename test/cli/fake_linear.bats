#!/usr/bin/env bats
# The fake Linear is what it says: driven with curl, judged by the schema of Linear's own SDK.

load box
load forge

setup() {
	box_open
	fake_linear_start
	cause linear '{"op": "issue", "team": "ENG", "title": "Broken", "labels": ["bug"]}'
}
query() { # QUERY [VARIABLES]
	jq -n --arg q "$1" --argjson v "${2:-{\}}" '{query: $q, variables: $v}' |
		curl -sS --unix-socket "$LINEAR/socket" -H "Authorization: ${KEY-lin_api_x}" -d @- http://api.linear.app/graphql
}

@test "an issue is read, listed, made, commented and moved" {
	[ "$(query '{ issue(id: "ENG-1") { title state { type } labels(first: 5) { nodes { name } } } }' | jq -c .data.issue)" = \
		'{"title":"Broken","state":{"type":"unstarted"},"labels":{"nodes":[{"name":"bug"}]}}' ]
	team=$(query '{ teams(first: 1, filter: {key: {eq: "ENG"}}) { nodes { id states(first: 9, filter: {type: {eq: "completed"}}) { nodes { id } } } } }')
	local make='mutation M($i: IssueCreateInput!) { issueCreate(input: $i) { success issue { identifier } } }'
	[ "$(query "$make" "$(echo "$team" | jq '{i: {teamId: .data.teams.nodes[0].id, title: "Second"}}')" | jq -r .data.issueCreate.issue.identifier)" = ENG-2 ]
	query 'mutation M($i: CommentCreateInput!) { commentCreate(input: $i) { success } }' '{"i": {"issueId": "ENG-2", "body": "hello"}}' | grep -q true
	query 'mutation M($i: IssueUpdateInput!) { issueUpdate(id: "ENG-2", input: $i) { success } }' "$(echo "$team" | jq '{i: {stateId: .data.teams.nodes[0].states.nodes[0].id}}')" | grep -q true
	[ "$(query '{ issues(first: 9, filter: {state: {type: {nin: ["completed"]}}}) { nodes { identifier } } }' | jq -r '.data.issues.nodes[].identifier')" = ENG-1 ]
	[ "$(query '{ issue(id: "ENG-2") { completedAt comments(first: 1) { nodes { body user { name } } } } }' | jq -c '[.data.issue.completedAt != null, .data.issue.comments.nodes[0].body]')" = '[true,"hello"]' ]
	[ "$(summary linear '.invalid, (.unmodelled | length)')" = $'0\n0' ]
}

@test "what Linear would refuse is refused" {
	query '{ issue(id: "ENG-9") { title } }' | grep -q 'Entity not found'
	query '{ issue(id: "ENG-1") { status } }' | grep -q GRAPHQL_VALIDATION_FAILED
	KEY='Bearer lin_api_x' query '{ viewer { id } }' | grep -q 'as a Bearer token'
	KEY='Bearer oauth' query '{ viewer { id } }' | grep -q '"data"'
	KEY='' query '{ viewer { id } }' | grep -q AUTHENTICATION_ERROR
	fault linear '{"kind": "ratelimited"}'
	query '{ viewer { id } }' | grep -q RATELIMITED
	query '{ viewer { id } }' | grep -q '"data"'
}
