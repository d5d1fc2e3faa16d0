#!/usr/bin/env bats
# The product page's own three sessions, made by real events on the local forge.
load box

work() { # SESSION FILE
	printf 'work of %s\n' "$1" >"$TREES/$1/$2"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "Add $2"
}
numbers_taken() { # REPO N: the next pull request there is N + 1
	seq "$2" | sed 's|.*|create refs/ao/pull/&/head main|' | git -C "$1" update-ref --stdin
}

@test "ao status: byte for byte the page's own screen, but for the ages" {
	FRONTEND='checks: {test: "test -s README"}' EXTRA='    checks: {test: "false"}' box_config
	numbers_taken "$REPO" 41
	numbers_taken "$HOME/code/backend" 14
	spawn frontend --branch feat/add-login --prompt "Implementing OAuth login flow with session management"
	spawn frontend --branch feat/dashboard --prompt "Dashboard UI components with charts"
	spawn backend --branch fix/auth-bug --prompt "Fixing JWT token validation"
	work fe-1 login
	work fe-2 charts
	work api-1 token
	ao pr create fe-1
	ao pr create fe-2
	ao pr create api-1
	ao pr review fe-1 --approve
	ao pr review fe-2 --comment -m "Which library?" --at charts:1
	ao pr review fe-2 --comment -m "And the legend?" --at charts:1
	work fe-2 legend # a new head: its check is due
	ao pr review api-1 --ask ann
	ao send fe-1 "run: sleep 300"
	ao send api-1 "run: sleep 300"
	expect 0 ao status
	printf '%s\n' "$output" | sed -E 's/^(  (fe|api)-.* )[0-9]+[smhd]$/\1AGE/' >"$BOX/seen"
	page_screen >"$BOX/page"
	diff "$BOX/page" "$BOX/seen"
	ao status --json >"$BOX/json"
	[ "$(jq -c '.[0] | del(.lastActivity) | to_entries[:8] | from_entries' "$BOX/json")" = "$(tr -d '\n' <<-'J'
		{"name":"fe-1","branch":"feat/add-login","status":"working","prNumber":42,"ciStatus":"success",
		"reviewDecision":"approved","pendingThreads":0,"activity":"active"}
	J
	)" ]
	[[ $(jq -r '.[0].lastActivity' "$BOX/json") =~ ^[0-9]+[smhd]\ ago$ ]]
	ao session ls | sed -E 's/[0-9]+[smhd] ago/AGE/' >"$BOX/seen"
	diff - "$BOX/seen" <<-'Y'
		Frontend:
		  fe-1  (AGE)  feat/add-login  [working]  local:frontend#42
		  fe-2  (AGE)  feat/dashboard  [pr_open]  local:frontend#43

		Backend:
		  api-1  (AGE)  fix/auth-bug  [ci_failed]  local:backend#15
	Y
}

status() { wait_for 20 is "$1" status "$2"; }
activity() { wait_for 20 is "$1" activity "$2"; }
report() { # SESSION EVENT: as a hook of its agent would
	AO_SESSION=$1 AO_SESSION_DIR=$DATA/$1 ao hook "$2" </dev/null
}

@test "each of the 13 statuses and 6 activities is reached by real events" {
	printf '#!/bin/sh\nuntil test -e "$BOX/up"; do sleep 0.05; done\nexec standin --turn-ms 50\n' >"$BOX/late"
	chmod +x "$BOX/late"
	AGENT="$BOX/late" FRONTEND='checks: {test: "test -e good"}' box_config
	ao spawn frontend --branch feat/all
	status fe-1 spawning
	touch "$BOX/up"
	AGENT="standin --turn-ms 50" FRONTEND='checks: {test: "test -e good"}' box_config
	activity fe-1 ready
	ao send fe-1 "$HELD"
	status fe-1 working
	is fe-1 activity active
	touch "$BOX/go"
	activity fe-1 ready
	AO_TEST_NOW=$((($(date +%s) + 600) * 1000)) is fe-1 activity idle
	work fe-1 bad
	ao pr create fe-1
	status fe-1 ci_failed
	work fe-1 good
	status fe-1 pr_open
	ao pr review fe-1 --ask ann
	status fe-1 review_pending
	ao pr review fe-1 --request-changes -m "Why?" --at bad:1
	status fe-1 changes_requested
	ao pr review fe-1 --resolve 2
	ao pr review fe-1 --approve
	status fe-1 approved # its check is due
	ao pr checks fe-1
	status fe-1 mergeable
	ao send fe-1 "menu:"
	status fe-1 needs_input
	is fe-1 activity waiting_input
	ao send fe-1 --answer 2
	status fe-1 mergeable
	ao pr merge fe-1
	status fe-1 merged
	AGENT="standin --turn-ms 300000" box_config
	spawn backend
	ao send api-1 "think"
	status api-1 working
	AO_TEST_NOW=$((($(date +%s) + 1200) * 1000)) is api-1 status stuck
	ao session kill api-1 --now
	status api-1 killed
	spawn backend
	report api-2 error
	status api-2 errored
	is api-2 activity blocked
	tmux kill-session -t =api-2
	activity api-2 exited
}
