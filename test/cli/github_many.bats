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
}

@test "a poll of forty takes two points, and two more where all of them turned red, however long it takes" {
	records 40
	points=$(cost ao poll)
	echo "first: $points"
	[ "$points" -le 4 ]
	[ "$(ao session show fe-7 --json | jq .pendingThreads)" = 2 ]
	[ "$(ao events --json | jq -s '[.[] | select(.type == "reaction")] | length')" -ge 40 ]
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
