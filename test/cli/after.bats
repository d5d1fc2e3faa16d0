#!/usr/bin/env bats
# Sessions that wait for the merge of another one.
load box

work() { # SESSION FILE
	echo "work of $1" >"$TREES/$1/$2"
	git -C "$TREES/$1" add -A
	git -C "$TREES/$1" commit -q -m "Add $2"
}

@test "--after starts at the merge, from what was merged, whoever merges" {
	spawn frontend 1
	expect 0 ao spawn frontend 2 --prompt "second one" --after fe-1
	has "✓ Session fe-2 queued for issue #2"
	has "Queued:   waits for the merge of fe-1"
	[ ! -e "$TREES/fe-2" ]
	expect 0 ao batch-spawn frontend 3 4 --after fe-2
	has "0 created, 2 queued"
	expect 0 ao session ls
	has "[queued]  waits for the merge of fe-1"
	has "[queued]  waits for the merge of fe-2"
	expect 0 ao status --why fe-2
	has "fe-2 is queued: it waits for the merge of fe-1"
	has "The agent is unknown: it is not started yet"
	ao spawn backend 9 >/dev/null
	ao session kill api-1 # a place gets free: nothing to them
	[ "$(field fe-2 status)" = queued ]
	work fe-1 first
	ao pr create fe-1
	expect 0 ao pr merge fe-1
	errs "fe-2 was queued and is started now"
	[ "$(cat "$TREES/fe-2/first")" = "work of fe-1" ]
	ready fe-2
	wait_for 5 heard fe-2 "second one"
	[ "$(field fe-3 status)" = queued ]
	[ "$(field fe-4 status)" = queued ]
}

@test "--after with a remote, where the merge is on the branch here alone" {
	git clone -q --bare "$REPO" "$BOX/origin.git"
	git -C "$REPO" remote add origin "$BOX/origin.git"
	FRONTEND="scm: {plugin: local}" box_config
	spawn frontend "first one"
	ao spawn frontend "second one" --after fe-1
	work fe-1 first
	ao pr create fe-1 && ao pr merge fe-1
	[ "$(cat "$TREES/fe-2/first")" = "work of fe-1" ]
	spawn frontend "third one"
	[ -e "$TREES/fe-3/first" ]
}

@test "--after one that is merged and cleaned up does not wait" {
	spawn frontend 1
	work fe-1 first
	ao pr create fe-1
	ao pr merge fe-1
	ao session kill fe-1
	spawn frontend 2 --after fe-1
	[ -e "$TREES/fe-2/first" ]
}

@test "--after one that ended without a merge goes on waiting and says so" {
	spawn frontend 1
	spawn frontend 2
	work fe-2 second
	ao pr create fe-2
	ao spawn frontend 3 --after fe-1
	ao spawn frontend 4 --after fe-2
	ao session kill fe-1
	ao pr close fe-2
	[ "$(field fe-3 status)" = queued ]
	[ "$(field fe-4 status)" = queued ]
	expect 0 ao session ls
	has "waits for fe-1, which was killed before it was merged"
	has "waits for fe-2, whose pull request was closed without a merge"
	expect 0 ao status --why fe-3
	has "which was killed before it was merged"
	ao session undelete fe-1
	work fe-1 first
	ao pr create fe-1
	ao pr merge fe-1
	[ -e "$TREES/fe-3/first" ]
}

@test "--after: a merged one that has to wait for a place gets it" {
	EXTRA='limits: {maxSessions: 1}' box_config
	spawn frontend 1
	work fe-1 first
	ao spawn frontend 2 --after fe-1
	ao pr create fe-1
	ao pr merge fe-1
	[ "$(field fe-2 status)" = queued ]
	expect 0 ao session ls
	has "[queued]  waits for a place"
	ao session kill fe-1
	[ -e "$TREES/fe-2/first" ]
}

@test "--after nobody, or somebody who waits for itself, is refused" {
	expect 4 ao spawn frontend --after fe-9
	errs "no session 'fe-9'"
	expect 4 ao spawn frontend --after ../x
	spawn frontend 1
	ao spawn frontend 2 --after fe-1
	ao spawn frontend 3 --after fe-2
	sed -i 's/^after=.*/after=fe-3/' "$DATA/fe-2/metadata"
	expect 6 ao spawn frontend --after fe-3
	errs "waits for itself"
	expect 0 ao session ls
	[ ! -e "$DATA/fe-4" ]
}
