#!/usr/bin/env bats
# Many pull requests and long lists of one on the fake GitHub: what they cost by GitHub's formula, and what is said where not all
# is looked at.

load box
load forge

setup() {
	box_open
	fake_github_start
	JUDGED=github
	FRONTEND="scm: $GITHUB_SCM" box_config
	github_repo acme/app
}
on() { jq -c --arg op "$1" '. + {op: $op, repo: "acme/app"}'; }
causes() { jq -s . | cause github "$(cat)" >/dev/null; }
cost() { # COMMAND…: what GitHub takes off for it
	forget github
	"$@" >/dev/null 2>&1
	summary github .points
}
records() { # N: sessions whose pull requests are 1 to N, each red, with two open threads and a settled one
	local i
	for ((i = 1; i <= $1; i++)); do
		jq -nc --arg b "b$i" '{branch: $b, files: {($b): "x\n"}}' | on push
		jq -nc --arg b "b$i" '{head: $b}' | on pr
		jq -nc --argjson i "$i" '{pr: $i, name: "unit", conclusion: "FAILURE", log: "boom"}' | on check
		jq -nc --argjson i "$i" '{pr: $i, resolved: true}' | on thread
		jq -nc --argjson i "$i" '{pr: $i, body: "why?"}' | on thread
		jq -nc --argjson i "$i" '{pr: $i, body: "and this?"}' | on thread
		mkdir -p "$DATA/fe-$i" "$TREES/fe-$i"
		printf 'projectId=frontend\nstatus=ci_failed\nbranch=b%d\npr=https://github.com/acme/app/pull/%d\ncreatedAt=2026-11-22T07:17:56Z\nworktree=%s\n' \
			"$i" "$i" "$TREES/fe-$i" >"$DATA/fe-$i/metadata"
	done | causes
	# the fake works out with git what merges, once for each; that is none of the time that is told here
	jq -n '{query: "{ repository(owner: \"acme\", name: \"app\") { pullRequests(first: 100) { nodes { mergeable } } } }"}' |
		curl -sS -o /dev/null -H 'Authorization: bearer x' --unix-socket "$GITHUB/socket" http://api.github.com/graphql -d @-
}

@test "a poll of thirty takes two points, and two more where all of them turned red, however long it takes" {
	records 30
	points=$(cost ao poll)
	echo "first: $points"
	[ "$points" -le 4 ]
	[ "$(ao session show fe-7 --json | jq .pendingThreads)" = 2 ]
	[ "$(ao events --json | jq -s '[.[] | select(.type == "reaction")] | length')" -ge 30 ]
	old
	points=$(cost ao poll)
	echo "again: $points"
	[ "$points" -le 2 ]
	[ "$(requests github '[.[] | select(.kind == "rest")] | length')" = 0 ]
	old
	points=$(cost ao status)
	echo "status: $points"
	[ "$points" -le 2 ]
	[ "$(asked github)" = 1 ]
}

@test "a hundred sessions without a pull request take a point in a poll, and one more when one of them has it" {
	local i
	for ((i = 1; i <= 100; i++)); do
		mkdir -p "$DATA/fe-$i" "$TREES/fe-$i"
		printf 'projectId=frontend\nstatus=working\nbranch=b%d\ncreatedAt=2026-11-22T07:17:56Z\nworktree=%s\n' \
			"$i" "$TREES/fe-$i" >"$DATA/fe-$i/metadata"
	done
	[ "$(cost ao poll)" = 1 ]
	[ "$(asked github)" = 1 ]
	{
		jq -nc '{branch: "b7", files: {b7: "x\n"}}' | on push
		jq -nc '{head: "b7"}' | on pr
		jq -nc '{op: "repo", repo: "mallory/app", fork: "acme/app"}'
		jq -nc '{op: "push", repo: "mallory/app", branch: "b8", files: {b8: "x\n"}}'
		jq -nc '{head: "mallory:b8"}' | on pr
	} | causes
	old
	[ "$(cost ao poll)" = 2 ]
	[ "$(fact fe-7 prNumber) $(fact fe-8 prNumber)" = '1 null' ]
	old
	[ "$(cost ao poll)" = 1 ]
	jq -nc '{pr: 1}' | on close | causes # one that is closed is seen whole, once
	old
	cost ao poll
	old
	[ "$(cost ao poll)" = 1 ]
}

@test "threads, checks and reviews beyond a hundred are counted and told; beyond five hundred that is said" {
	session
	push
	cause github '{"op": "pr", "repo": "acme/app", "head": "feat/42"}' >/dev/null
	{
		seq 250 | jq -c '{pr: 1, body: "thread \(.)", resolved: (. > 2 and . < 250)}' | on thread
		seq 130 | jq -c '{pr: 1, name: "check \(.)", conclusion: (if . == 117 then "FAILURE" else "SUCCESS" end), log: "boom"}' | on check
		jq -nc '{pr: 1, state: "CHANGES_REQUESTED", author: "reviewer", body: "first of all"}' | on review
		seq 120 | jq -c '{pr: 1, state: "COMMENTED", author: "other", body: "word \(.)"}' | on review
	} | causes
	run -0 --separate-stderr ao status --json
	[ "$(jq '.[0].pendingThreads' <<<"$output")" = 1 ] # one question, and it says so
	[[ $stderr == *'#1 has 250 review threads: the newest 100 are looked at'* ]]
	old
	ao poll
	[ "$(fact fe-1 status)" = ci_failed ]
	cat "$DATA"/fe-1/outbox/0* >"$BOX/sent"
	grep -q 'check 117' "$BOX/sent"
	grep -q 'thread 1$' "$BOX/sent"
	grep -q 'thread 250$' "$BOX/sent"
	grep -q 'first of all' "$BOX/sent"
	run ! grep -q 'thread 7$' "$BOX/sent"
	old
	[ "$(row)" = '1 failure changes_requested 3' ] # what was counted before is not forgotten
	run -0 --separate-stderr ao pr view fe-1 --json
	[ "$(jq '[.remarks[] | select(.text | startswith("thread "))] | length' <<<"$output")" = 250 ]
	[ "$(jq '[.checks[] | select(.state == "failure")] | length' <<<"$output")" = 1 ]
	[ -z "$stderr" ]
	seq 400 | jq -c '{pr: 1, body: "more", resolved: true}' | on thread | causes
	run -0 --separate-stderr ao pr view fe-1
	[[ $stderr == *'#1 has 650 review threads: the newest 500 are looked at'* ]]
}

# ---- the doorbell
still() { ago 700 since; }
polled() { # what a poll asks: points, requests by REST, and those that cost nothing
	old
	forget github
	ao poll >/dev/null
	summary github '"\(.points) \(.requests) \(.notModified)"'
}

@test "a repository in which nothing happens costs nothing; what happens rings" {
	session
	push
	ao spawn frontend 43 # without a pull request
	cause github '[{"op": "pr", "repo": "acme/app", "head": "feat/42"},
		{"op": "check", "repo": "acme/app", "pr": 1, "name": "unit", "conclusion": "SUCCESS"}]' >/dev/null
	[ "$(polled)" = '2 2 0' ] # found by its branch, and looked at
	[ "$(polled)" = '1 1 0' ] # it was not still for long enough
	still
	[ "$(polled)" = '1 2 0' ] # the bell is heard for the first time
	[ "$(polled)" = '0 1 1' ]
	[ "$(polled)" = '0 1 1' ]
	find "$HOME/.agent-orchestrator/cache/forge" -name '*.json' -exec md5sum {} + >"$BOX/before"
	forget github
	ao poll
	md5sum -c "$BOX/before" # and nothing is written
	cause github '[{"op": "clock", "advance": 5},
		{"op": "review", "repo": "acme/app", "pr": 1, "state": "CHANGES_REQUESTED", "body": "no"}]' >/dev/null
	run -0 polled
	[ "${output% *}" = '2 2' ] || [ "${output% *}" = '2 3' ]
	[ "$(fact fe-1 status)" = changes_requested ]

	# who heard it and could not ask leaves it to the next one
	still
	[ "$(polled)" = '0 1 1' ]
	cause github '[{"op": "clock", "advance": 5}, {"op": "push", "repo": "acme/app", "branch": "feat/43", "files": {"y": "z\n"}},
		{"op": "pr", "repo": "acme/app", "head": "feat/43"}]' >/dev/null
	fault github '{"kind": "status", "status": 502, "on": "graphql"}'
	old
	ao poll || true
	[ "$(fact fe-2 prNumber)" = null ]
	ago 1 down
	[ "$(polled)" = '2 3 1' ]
	[ "$(fact fe-2 prNumber)" = 2 ]

	# a check that is run again does not ring: in five minutes it is seen all the same
	still
	[ "$(polled)" = '0 1 1' ]
	cause github '{"op": "check", "repo": "acme/app", "pr": 1, "name": "unit", "conclusion": "FAILURE"}' >/dev/null
	[ "$(polled)" = '0 1 1' ]
	[ "$(fact fe-1 status)" = changes_requested ]
	ago 301 at
	ao poll >/dev/null
	[ "$(fact fe-1 status)" = ci_failed ]
}

@test "after the limit is reached nothing is sent until its end, by no process, not even to the doorbell" {
	session
	push
	cause github '[{"op": "pr", "repo": "acme/app", "head": "feat/42"}]' >/dev/null
	polled
	still
	[ "$(polled)" = '1 2 0' ]
	[ "$(polled)" = '0 1 1' ]
	control github POST config '{"limit": {"graphql": 1}}' >/dev/null
	for _ in 1 2 3; do # the last one that is sent is told of the limit
		old
		ao status >/dev/null 2>&1
	done
	[ "$(polled)" = '0 0 0' ]
	old
	forget github
	local pids=()
	ao status >/dev/null 2>&1 3>&- &
	pids+=($!)
	ao session ls --refresh >/dev/null 2>&1 3>&- &
	pids+=($!)
	run ao pr view fe-1
	wait "${pids[@]}"
	[[ $output == *'its limit is reached'* ]]
	[ "$(asked github)" = 0 ]
	[ "$(fact fe-1 status)" = pr_open ]
}

@test "who does not answer is left alone for a while by all that poll, in each namespace; people ask all the same" {
	session
	push
	cause github '[{"op": "pr", "repo": "acme/app", "head": "feat/42"}]' >/dev/null
	sed 's/^name: box/name: other/' "$CONFIG" >"$BOX/other.yaml"
	ao --config "$BOX/other.yaml" status >/dev/null
	cp -a "$DATA/fe-1" "$HOME/.agent-orchestrator/sessions/other/"
	polled
	fault github '{"kind": "drop", "times": 99}'
	polled
	[ "$(polled)" = '0 0 0' ]
	old
	forget github
	ao --config "$BOX/other.yaml" poll || true
	[ "$(asked github)" = 0 ]
	run -0 --separate-stderr ao status
	[[ $stderr == *'cannot be reached'*'last seen, 1m ago'* ]]
	[ "$(asked github)" -ge 1 ]
	control github DELETE faults >/dev/null
	[ "$(polled)" = '0 0 0' ]
	ao status
	[ "$(polled)" = '1 1 0' ]
}

@test "news wake who watches; a look that found none does not" {
	session
	ao pr create fe-1
	news() { stat -c '%i %.9Y' "$HOME/.agent-orchestrator/cache/forge/news/"*; }
	polled
	before=$(news)
	polled
	[ "$(news)" = "$before" ]
	cause github '{"op": "check", "repo": "acme/app", "pr": 1, "name": "unit", "conclusion": "SUCCESS"}' >/dev/null
	old
	ao status >/dev/null
	[ "$(news)" != "$before" ]
	run -0 --separate-stderr ao poll --hints=all
	[ "$(jq -c 'select(.session == "fe-1" and .places) | .places | map(endswith("cache/forge/news")) | any' <<<"$output")" = true ]
	[ "$(jq -c 'select(.session == "fe-1" and .places) | .places | map(endswith("refs/remotes/origin/feat")) | any' <<<"$output")" = true ]
}
