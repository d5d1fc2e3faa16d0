#!/usr/bin/env bats
load box

@test "each change is there, with who and why, and in order" {
	spawn frontend 42
	echo x >"$TREES/fe-1/new"
	ao send fe-1 "hello" >/dev/null
	ao session kill fe-1 >/dev/null
	expect 0 ao events --json
	echo "$output" | jq -es 'length > 3 and all(.[]; has("seq") and has("time") and has("session") and has("actor") and has("type"))'
	[ "$(echo "$output" | jq -s '[.[].seq] == ([.[].seq] | sort | unique)')" = true ]
	[ "$(echo "$output" | jq -rs '[.[].actor] | unique | join(" ")')" = user ]
	expect 0 ao events verify
}

@test "of one session" {
	spawn frontend 1
	spawn backend 2
	expect 0 ao events api-1 --json
	[ "$(echo "$output" | jq -rs '[.[].session] | unique | join(" ")')" = api-1 ]
	expect 0 ao events
	has fe-1
	has api-1
}

@test "a torn last line is told, and mended by the next writer" {
	spawn frontend 1
	printf '{"seq":99,"time":"20' >>"$DATA/events.jsonl"
	run ao events verify
	has torn || has "last line"
	spawn backend 2
	expect 0 ao events verify
	jq -es 'length > 1' "$DATA/events.jsonl"
}

@test "gaps, doubles and noise are found" {
	spawn frontend 1
	spawn frontend 2
	spawn frontend 3
	sed -i 2d "$DATA/events.jsonl"
	expect 1 ao events verify
	has gap
	head -1 "$DATA/events.jsonl" >>"$DATA/events.jsonl"
	echo 'not json' >>"$DATA/events.jsonl"
	expect 1 ao events verify
}

@test "--follow shows what comes" {
	spawn frontend 1
	timeout 120 ao events --follow --json >"$BOX/follow" &
	pid=$!
	wait_for 5 test -s "$BOX/follow" || true
	spawn backend 2
	wait_for 5 grep -q api-1 "$BOX/follow"
	kill $pid
	wait $pid || true
}

@test "a message's outside text cannot reach the terminal" {
	spawn frontend 1
	ao send fe-1 "plain" --from $'x\e[2Jy' || true
	expect 0 ao events
	[[ $output != *$'\e'* ]]
}

@test "of no such session" {
	expect 4 ao events fe-9
	errs "no session 'fe-9'"
}
