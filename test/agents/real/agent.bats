# What ao promises, kept with a real agent: $REAL_AGENT (see real.bash).
load real.bash

@test "spawn" {
	expect 0 ao spawn frontend --prompt "hello [[slow:4]] [[say:first]]"
	tells active
	tells ready
	heard_once "hello [[slow:4]] [[say:first]]"
	cat "$DATA/fe-1/metadata" "$DATA/fe-1/signals"
	tmux capture-pane -p -t fe-1
}
