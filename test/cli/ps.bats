#!/usr/bin/env bats
load box

# An agent that starts what is to be counted, and then is one like any other.
busy_agent() {
	cat >"$BOX/busy" <<-'S'
		#!/bin/bash
		sh -c 'sleep 7001 & sleep 7002' &
		AO_KEEP=1 setsid sleep 7003 </dev/null >/dev/null 2>&1 &
		setsid sh -c 'sleep 7004 & exit' # goes to ao-run as its own
		exec standin "$@"
	S
	chmod +x "$BOX/busy"
	AGENT="$BOX/busy --turn-ms 50"
	box_config
}
row() { jq -c ".[] | select(.name == \"$1\") | $2" <<<"$output"; } # SESSION FILTER
below() { # PID: it and all below, without what is kept
	local pid
	echo "$1"
	# shellcheck disable=SC2013 # words are meant
	for pid in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		grep -qzxF AO_KEEP=1 "/proc/$pid/environ" || below "$pid"
	done
}
supervisor() { sed -n 's/^supervisor=//p' "$DATA/$1/run"; }
sleeping() { # SECONDS SESSION: ids of its `sleep SECONDS`
	local pid
	for pid in $(pgrep -x -f "sleep $1"); do
		! grep -qzxF "AO_SESSION_DIR=$DATA/$2" "/proc/$pid/environ" || echo "$pid"
	done
}
slept() { [ -n "$(sleeping "$@")" ]; }

@test "nothing runs" {
	expect 0 ao ps
	[ "$output" = "no session runs" ]
	expect 0 ao ps --json
	[ "$(jq -c . <<<"$output")" = "[]" ]
	[ ! -e "$HOME/.agent-orchestrator" ]
}

@test "processes, memory and time of each session, of one project" {
	busy_agent
	spawn frontend
	spawn backend
	# standin, sh, sleep 7001, sleep 7002, sleep 7004
	all_up() { ao ps --json | jq -e 'length == 2 and all(.[]; .processes == 5)'; }
	wait_for 10 all_up
	wait_for 10 slept 7004 fe-1
	expect 0 ao ps --json
	[ "$(jq -r '.[].name' <<<"$output" | sort | paste -sd' ')" = "api-1 fe-1" ]
	[ "$(jq -r '.[0] | keys_unsorted | join(" ")' <<<"$output")" = \
		"name running pid processes rssBytes pssBytes cpuMs startedAt orphans" ]
	[ "$(row fe-1 .processes)" -eq 5 ]
	[ "$(row fe-1 .processes)" -eq $(($(below "$(supervisor fe-1)" | wc -l) - 1)) ]
	[ "$(row fe-1 .pid)" = "$(sed -n 's/^pid=//p' "$DATA/fe-1/run")" ]
	[ "$(row fe-1 .running)" = true ]
	[ "$(row fe-1 .orphans)" = "[]" ]
	rss=$(for pid in $(below "$(supervisor fe-1)" | tail -n +2); do cat "/proc/$pid/status"; done | awk '/^VmRSS/ { sum += $2 } END { print sum }')
	[ "$(row fe-1 .rssBytes)" -gt $((rss * 1024 / 2)) ]
	[ "$(row fe-1 .rssBytes)" -lt $((rss * 1024 * 2)) ]
	[ "$(row fe-1 .pssBytes)" -gt 0 ]
	[ "$(row fe-1 '.pssBytes < .rssBytes')" = true ]
	expect 0 ao ps -p backend
	has api-1
	lacks fe-1
	expect 4 ao ps -p nowhere
	for pid in $(sleeping 7003 fe-1) $(sleeping 7003 api-1); do
		kill "$pid"
	done
}

@test "time grows with work, also with that of a command that has ended" {
	printf '#!/bin/bash\nfor ((i = 0; i < 300000; i++)); do :; done & wait\nexec standin "$@"\n' >"$BOX/busy"
	chmod +x "$BOX/busy"
	AGENT="$BOX/busy --turn-ms 50"
	box_config
	spawn frontend
	expect 0 ao ps --json
	[ "$(row fe-1 .processes)" -eq 1 ]
	[ "$(row fe-1 .cpuMs)" -ge 100 ]
}

@test "a table" {
	spawn frontend
	expect 0 ao ps
	[[ "${lines[0]}" =~ ^Session\ +Agent\ +Processes\ +RSS\ +PSS\ +CPU\ +Age$ ]]
	[[ "${lines[1]}" =~ ^fe-1\ +[0-9]+\ +1\ +[0-9.]+[KM]\ +[0-9.]+[KM]\ +0:0[0-9]\.[0-9]\ +[0-9]+s$ ]]
	[ "${#lines[@]}" -eq 2 ]
}

@test "what is left of an ao-run that was killed is shown, and gone after doctor --fix" {
	cat >"$BOX/busy" <<-'S'
		#!/bin/bash
		setsid sleep 7005 </dev/null >/dev/null 2>&1 &
		exec standin "$@"
	S
	chmod +x "$BOX/busy"
	AGENT="$BOX/busy --turn-ms 50"
	box_config
	spawn frontend
	spawn backend
	wait_for 10 slept 7005 fe-1
	kill -9 "$(supervisor fe-1)"
	wait_for 10 is fe-1 activity exited
	left=$(sleeping 7005 fe-1)
	[ -n "$left" ]
	expect 0 ao ps
	[[ "${lines[1]}" == api-1* ]]
	has "! fe-1: nobody looks after"
	has "$left (sleep)"
	has "ao doctor --fix"
	expect 0 ao ps --json
	[ "$(row fe-1 .running)" = false ]
	[ "$(row fe-1 ".orphans | map(select(.pid == $left)) | .[0].command")" = '"sleep"' ]
	[ "$(row api-1 .orphans)" = "[]" ]
	expect 0 ao ps --json -p backend
	[ -z "$(row fe-1 .)" ]
	ao doctor --fix >/dev/null || true
	expect 0 ao ps
	lacks fe-1
}

@test "/proc is passed over once for all sessions, nothing is started or written" {
	spawn frontend
	spawn frontend
	spawn backend
	picture >"$BOX/before"
	strace -f -o "$BOX/trace" ao ps >/dev/null
	picture >"$BOX/after"
	diff "$BOX/before" "$BOX/after"
	[ "$(grep -c 'open.*"/proc", ' "$BOX/trace")" -eq 1 ]
	[ "$(grep -c 'execve(' "$BOX/trace")" -eq 1 ]
	[ "$(grep -c '"/proc/1/stat"' "$BOX/trace")" -eq 1 ]
}
