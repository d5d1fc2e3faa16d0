#!/usr/bin/env bats
# What a spawn waits for: a place, memory, disk; and who is started first.
load box

teardown() {
	cat "$HOME/.agent-orchestrator/daemon.log" 2>/dev/null # for whom something failed
	ao stop >/dev/null 2>&1
	[ ! -e "$BOX/small" ] || umount "$BOX/small" 2>/dev/null
	box_close
}
recorded() { [ "$(field "$1" status)" = "$2" ]; } # SESSION STATUS
limits() { EXTRA="limits: {$1}" box_config; }
calm() { ao start --status --json | jq -e '(any(.namespaces[]; .polling) | not) and (.nextAt == null or (.nextAt | fromdate) > now + 3)'; }
# Since it was queued the daemon looks at memory every 10 s, and starts nothing for that.
looked() { [ "$(ao start --status --json | jq .polls)" = "$1" ]; }

@test "too little memory: it waits, says why, and starts when there is enough" {
	limits 'freeMemory: 99999999'
	expect 0 ao spawn frontend 1 --prompt "first one"
	has "✓ Session fe-1 queued for issue #1"
	[[ $output =~ "Queued:   waits for memory: "[0-9]+" MiB are available, limits.freeMemory is 99999999" ]]
	[ ! -e "$TREES/fe-1" ]
	expect 0 ao status --why fe-1
	has "waits for memory"
	expect 0 ao poll
	recorded fe-1 queued
	limits 'freeMemory: 1'
	expect 0 ao poll
	errs "fe-1 was queued and is started now"
	ready fe-1
	wait_for 10 heard fe-1 "first one"
}

@test "a queued session that is killed is gone from what there is" {
	limits 'freeMemory: 99999999'
	expect 0 ao spawn frontend 1
	expect 0 ao session kill fe-1
	expect 4 ao session show nope
	errs "there are none"
}

@test "too little disk: it waits; 0 means that any will do" {
	limits 'freeDisk: 99999999'
	expect 0 ao spawn frontend 1
	[[ $output =~ "waits for disk space: "[0-9]+" MiB are free at $TREES, limits.freeDisk is 99999999" ]]
	limits 'freeDisk: 0, freeMemory: 0'
	expect 0 ao spawn frontend 2
	has "✓ Session fe-2 spawned"
	errs "fe-1 was queued and is started now"
	ready fe-1
}

@test "the disk is that of the worktrees, before they are there too" {
	mkdir "$BOX/small"
	mount -t tmpfs -o size=8m none "$BOX/small" 2>/dev/null || skip "may not mount"
	limits 'freeDisk: 9'
	printf 'worktreeDir: %s/trees/of/mine\n' "$BOX/small" >>"$CONFIG"
	expect 0 ao spawn frontend 1
	has "waits for disk space: "
	has " MiB are free at $BOX/small/trees/of/mine, limits.freeDisk is 9"
	limits 'freeDisk: 5'
	printf 'worktreeDir: %s/trees/of/mine\n' "$BOX/small" >>"$CONFIG"
	expect 0 ao poll
	ready fe-1
	[ -d "$BOX/small/trees/of/mine/fe-1" ]
	tmux kill-server
}

@test "where free space cannot be told, nobody waits for it" {
	limits 'freeDisk: 99999999'
	printf 'dataDir: %s\nworktreeDir: /proc/trees\n' "$BOX/data" >>"$CONFIG"
	run ao spawn frontend 1
	[[ $output == *"waits for disk"* ]] && [[ $output != *"free at /proc/trees"* ]]
}

@test "who waits longest comes first, whatever it is called; a new one does not pass by" {
	limits 'freeMemory: 99999999'
	ao spawn frontend 1 >/dev/null
	sed -i 's/^createdAt=.*/createdAt=2026-01-02T00:00:00Z/' "$DATA/fe-1/metadata"
	ao spawn backend 1 >/dev/null
	sed -i 's/^createdAt=.*/createdAt=2026-01-03T00:00:00Z/' "$DATA/api-1/metadata"
	limits 'maxSessions: 1, freeMemory: 1'
	expect 0 ao spawn backend 2
	has "✓ Session api-2 queued"
	has "waits for a place: 1 of 1 sessions are running"
	recorded api-1 queued
	ready fe-1
	ao session kill fe-1
	ready api-1
	recorded api-2 queued
	ao session kill api-1
	ready api-2
}

@test "a pass with a narrower PATH than that of the spawn leaves it queued, says so once" {
	limits 'freeMemory: 99999999'
	expect 0 ao spawn frontend 1
	limits 'freeMemory: 1'
	cron() { env -i HOME="$HOME" PATH=/usr/bin:/bin TMUX_TMPDIR="$TMUX_TMPDIR" "$AO_BUILD/ao" poll; }
	expect 0 cron
	errs "fe-1 was queued and did not start: it waits: agent 'standin' is not installed: no program 'standin' on PATH"
	recorded fe-1 queued
	expect 0 ao session ls
	has "[queued]  waits: agent 'standin' is not installed"
	expect 0 cron
	[ -z "$output$stderr" ]
	expect 0 ao poll
	errs "fe-1 was queued and is started now"
	ready fe-1
}

@test "a project's own limit holds up its own sessions alone, and is named" {
	FRONTEND='limits: {maxSessions: 1}' EXTRA='limits: {maxSessions: 3}' box_config
	spawn frontend 1
	expect 0 ao spawn frontend 2
	has "waits for a place: 1 of 1 sessions of frontend are running (projects.frontend.limits.maxSessions)"
	spawn backend 1
	spawn backend 2
	expect 0 ao spawn backend 3
	has "waits for a place: 3 of 3 sessions are running (limits.maxSessions)"
	expect 0 ao doctor
	lacks queued
	ao session kill api-1
	ready api-3
	recorded fe-2 queued # it waits longer, and not for this place
	ao poll
	recorded fe-2 queued
	ao session kill api-2
	expect 0 ao status --why fe-2
	has "1 of 1 sessions of frontend are running (projects.frontend.limits.maxSessions)"
	ao session kill fe-1
	ready fe-2
}

@test "the daemon: starts it when memory is there, and calls nobody to find out" {
	limits 'freeMemory: 99999999'
	ao start >/dev/null
	ao spawn frontend 1 >/dev/null
	wait_for 20 calm
	local polls
	polls=$(ao start --status --json | jq .polls)
	timeout 25 strace -f -e trace=openat -o "$BOX/trace" -p "$(ao start --status --json | jq .pid)" || true
	grep -c meminfo "$BOX/trace"
	looked "$polls"
	recorded fe-1 queued
	limits 'freeMemory: 1'
	wait_for 40 recorded fe-1 idle
}

@test "the daemon: a disk that has room again is seen" {
	mkdir "$BOX/small"
	mount -t tmpfs -o size=64m none "$BOX/small" 2>/dev/null || skip "may not mount"
	limits 'freeDisk: 32'
	printf 'worktreeDir: %s\n' "$BOX/small" >>"$CONFIG"
	head -c 50M /dev/zero >"$BOX/small/ballast"
	ao start >/dev/null
	ao spawn frontend 1 >/dev/null
	recorded fe-1 queued
	wait_for 20 calm
	rm "$BOX/small/ballast"
	wait_for 60 recorded fe-1 idle
	tmux kill-server
}

# Who waits in line for what ends or merges a session: read once for all of them.
waiting() { # FROM TO LINE…
	local i
	for i in $(seq "$1" "$2"); do
		mkdir "$DATA/fe-$i"
		printf '%s\n' "id=fe-$i" projectId=frontend status=queued agent=standin "${@:3}" >"$DATA/fe-$i/metadata"
	done
}

@test "a hundred in line cost a poll no more than a list of them" {
	AGENT="standin --no-hooks" EXTRA="limits: {maxSessions: 1}" box_config
	spawn frontend 1
	waiting 2 101
	ao poll || true
	strace -f -o "$BOX/trace" -e trace=openat ao poll
	opens=$(wc -l <"$BOX/trace")
	echo "opens: $opens"
	[ "$opens" -lt 3000 ]
	rm -r "$DATA"/fe-{2..101}
	AGENT="standin --no-hooks" box_config
	waiting 102 121 after=fe-1
	ao poll || true
	AO_TRACE=1 ao poll 2>"$BOX/runs"
	cat "$BOX/runs"
	[ "$(grep -c 'trace:.*tmux' "$BOX/runs")" -le 3 ]
	for i in {102..121}; do [ "$(field "fe-$i" status)" = queued ]; done
}
