#!/usr/bin/env bats
# `ports: N`: AO_PORT_0… of each session.
load box

LEASES=.agent-orchestrator/ports
with_ports() { # N [more keys]
	FRONTEND="ports: $1
${2:-}" box_config
}
agent_env() { tr '\0' '\n' <"/proc/$(sed -n 's/^pid=//p' "$DATA/$1/run")/environ"; }

@test "agent, postCreate and preDestroy get them, checks do not, kill gives them back" {
	with_ports 2 'postCreate: ["env >'"$BOX"'/create"]
preDestroy: ["env >'"$BOX"'/destroy"]
checks: {test: "! env | grep AO_"}'
	spawn frontend 1
	read -r a b <<<"$(field fe-1 ports)"
	[ "$a" -ge 20000 ]
	[ "$b" -ge 20000 ]
	[ "$a" != "$b" ]
	expect 0 ao session show fe-1
	has "ports             $a $b"
	for file in create "env of the agent"; do
		[ "$file" = create ] || agent_env fe-1 >"$BOX/$file"
		grep -qx "AO_PORT_0=$a" "$BOX/$file"
		grep -qx "AO_PORT_1=$b" "$BOX/$file"
		[ "$(grep -c ^AO_PORT_ "$BOX/$file")" = 2 ]
	done
	git -C "$TREES/fe-1" commit -q --allow-empty -m work
	expect 0 ao pr create fe-1
	[ "$(cat "$HOME/$LEASES")" = "$(printf '%s=%s\n' "$a" "$DATA/fe-1" "$b" "$DATA/fe-1")" ]
	[ "$(stat -c %a "$HOME/$LEASES")" = 600 ]
	ao session kill fe-1
	grep -qx "AO_PORT_1=$b" "$BOX/destroy"
	[ ! -s "$HOME/$LEASES" ]
}

@test "unique over namespaces and data folders; the same again after undelete and restore" {
	with_ports 2
	spawn frontend 1
	had=$(field fe-1 ports)
	mkdir "$BOX/other"
	sed -e "s/^name: box/name: second\ndataDir: other-data\nworktreeDir: other-trees/" -e 's/sessionPrefix: fe/sessionPrefix: ot/' \
		"$CONFIG" >"$BOX/other/agent-orchestrator.yaml"
	ao --config "$BOX/other/agent-orchestrator.yaml" spawn frontend 2
	other=$(sed -n 's/^ports=//p' "$BOX/other/other-data/sessions/second/ot-1/metadata")
	[ -n "$other" ]
	[ "$(echo "$had $other" | tr ' ' '\n' | sort -u | wc -l)" = 4 ]
	ao session kill fe-1
	[ "$(wc -l <"$HOME/$LEASES")" = 2 ]
	ao session undelete fe-1
	[ "$(wc -l <"$HOME/$LEASES")" = 4 ]
	ao session restore fe-1
	[ "$(field fe-1 ports)" = "$had" ]
	agent_env fe-1 | grep -qx "AO_PORT_0=${had% *}"
	with_ports 1
	tmux kill-session -t =fe-1
	wait_for 20 is fe-1 activity exited
	ao session restore fe-1
	[ "$(field fe-1 ports)" = "${had% *}" ]
	[ "$(wc -l <"$HOME/$LEASES")" = 3 ]
}

@test "a spawn that fails leaves no lease, nor does one that was killed in the middle" {
	with_ports 2 'postCreate: ["exit 3"]'
	expect 1 ao spawn frontend 1
	[ ! -s "$HOME/$LEASES" ]
	with_ports 2 "postCreate: [\"touch $BOX/at; exec sleep 60\"]"
	ao spawn frontend 1 &
	pid=$!
	wait_for 10 test -e "$BOX/at"
	[ "$(wc -l <"$HOME/$LEASES")" = 2 ]
	kill -9 $pid
	wait $pid || true
	for p in $(survivors); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" = sleep ] && kill "$p"
	done
	expect 0 ao doctor --fix
	[ ! -s "$HOME/$LEASES" ]
}

@test "doctor gives back the ports of a session that is gone" {
	with_ports 2
	spawn frontend 1
	expect 0 ao doctor
	ao session kill fe-1
	printf '20001=%s\n20002=%s\n20003=/no/where/fe-7\n' "$DATA/fe-1" "$DATA/fe-1" >"$HOME/$LEASES"
	spawn frontend 2
	expect 1 ao doctor
	has "fe-1: it is gone, and has ports leased"
	has "fe-7: it is gone, and has ports leased"
	lacks "fe-2: it is gone"
	expect 0 ao doctor --fix
	[ "$(cut -d= -f2 "$HOME/$LEASES" | sort -u)" = "$DATA/fe-2" ]
	expect 0 ao doctor
}
