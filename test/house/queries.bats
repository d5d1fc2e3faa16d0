#!/usr/bin/env bats
# Every query that ao ships is valid by the schema of whom it asks, names its page sizes, and keeps
# the price that was promised: a hundred pull requests for 6 points, so that asking each 30 s takes
# 720 of the hour's 5,000. What the judge refuses is seen to be refused.

setup() {
	root=$BATS_TEST_DIRNAME/../..
	fakes=$root/build/fakes
	[ -e "$fakes/installed" ] || skip "$(cat "$fakes/skipped" 2>/dev/null || echo 'the fakes are not installed: make fakes')"
	dir=$BATS_TEST_TMPDIR/queries
	mkdir "$dir"
}
judge() { # github|gitlab|linear DIR
	node --preserve-symlinks --preserve-symlinks-main "$fakes/test/fake/judge.mjs" "$@"
}
put() { # NAME QUERY
	printf '%s\n' "$2" >"$dir/$1.graphql"
}
refused() { # FORGE WORDS…: each said of the files in DIR, in the order of their names
	local forge=$1 i
	shift
	run judge "$forge" "$dir"
	echo "$output"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq $# ]
	for ((i = 0; i < $#; i++)); do
		[[ ${lines[i]} == *"${*:i+1:1}"* ]]
	done
	rm -f "$dir"/*
}

@test "the judge refuses" {
	refused github 'no queries'
	put 1 'query Q { viewer { name_ } }'
	put 2 'query Q { viewer { issues { nodes { number } } } }'
	put 3 'query Q { viewer { issues(first: 100) { nodes { comments(first: 100) { nodes { reactions(first: 100) { totalCount } } } } } } }'
	put 4 'query Q($i: ID!) { node(id: $i) { ... on Issue { s: number } ... on User { s: login } } }'
	put 5 '{ viewer { login } }'
	refused github 'Cannot query field' 'properly paginate' '500,000' 'share a name' 'without a name'
	put 1 'query Q { project(fullPath: "a/b") { mergeRequests(first: 1) { nodes { merged } } } }'
	put 2 'query Q { project(path: "a/b") { id } }'
	put 3 'query Q { project(fullPath: "a/b") { mergeRequests { nodes { iid } } } }'
	refused gitlab 'Cannot query field' 'Unknown argument' 'no page size'
	put 1 'query Q { issues { nodes { id } } }'
	put 2 'query Q { issue(id: "A-1") { status } }'
	put 3 'mutation Q { commentCreate(input: {}, x: 1) { success } }'
	refused linear 'page size' 'Did you mean' 'Unknown argument'
}

@test "a pattern is priced as often as it is repeated" {
	printf '%s\n' 'query Q { viewer { repository(name: "r") { p0: pullRequest(number: 1) { labels(first: 1) { totalCount } comments(first: 1) { nodes { id } } } p1: issue(number: 2) { comments(first: 9) { totalCount } } } } }' >"$dir/q.graphql"
	run judge github "$dir"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | jq -c .repeated)" = '{"p0":{"whole":2,"halves":2,"lots":4},"p1":{"whole":1,"halves":2,"lots":4}}' ]
}

@test "GitHub would take our queries, at the price that was promised" {
	run judge github "$root/share/graphql"
	echo "$output"
	[ "$status" -eq 0 ]
	price() { # OPERATION PATTERN HOW
		echo "$output" | jq "select(.operation == \"$1\") | .repeated.$2.$3"
	}
	# who looks asks fifty at once
	[ "$(price Sessions p0 whole)" -le 6 ]
	[ "$(price Sessions p0 halves)" -le 6 ]
	# a poll in lots of 29, and what is in them for those that changed: here each of them every five minutes,
	# red and with three open threads
	each=$(price Sessions p0 lots)
	[ "$(price Sessions p2 whole)" -le 1 ] # and in those that have none yet, which a poll asks first
	details=$(($(price Changes p0 lots) + $(price Changes t0 lots)))
	[ "$each" -le 6 ]
	[ "$details" -le 8 ]
	[ $((each * 3600 / 30 + details * 3600 / 300)) -le 720 ]
}

@test "GitLab would take our query, two lists of fifty in one" {
	run judge gitlab "$root/share/graphql/gitlab"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(echo "$output" | jq .cost)" = 172 ] # of 250; ao computes the same
}

@test "Linear would take our queries" {
	run judge linear "$root/share/graphql/linear"
	echo "$output"
	[ "$status" -eq 0 ]
}
