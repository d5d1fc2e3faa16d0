#!/usr/bin/env bats
# What a person sees who waits: one line on a terminal, nothing where standard error is none.
load box

on_terminal() { # COMMAND…: in a pane that stays
	tmux new-session -d -s t -x 60 -y 20 "$* ; echo done-\$?; exec sleep 1000"
}
shows() { [[ $(tmux capture-pane -p -t =t:) == *"$1"* ]]; }
slow() { FRONTEND="postCreate: [\"touch $BOX/at; until test -e $BOX/go; do sleep 0.05; done\"]
$1" box_config; }

@test "a line that is written over while it lasts, and is gone at the end" {
	slow
	on_terminal ao spawn frontend 1
	wait_for 20 shows "  postCreate: touch"
	run ! shows "making its worktree" # it stood on the same line
	[ "$(tmux capture-pane -p -t =t: | grep -c .)" = 1 ] # cut, not wrapped
	touch "$BOX/go"
	wait_for 20 shows done-0
	[ "$(tmux capture-pane -p -t =t: | grep .)" = "✓ Session fe-1 spawned for issue #1
  Worktree: $TREES/fe-1
  Branch:   feat/1
  Attach:   tmux attach -t fe-1
done-0" ]
}

@test "warnings and errors stand on lines of their own" {
	slow "symlinks: [.env]"
	sed -i 's/do sleep 0.05; done/&; exit 3/' "$CONFIG"
	on_terminal ao spawn frontend 1
	wait_for 20 shows "  postCreate: touch"
	touch "$BOX/go"
	wait_for 20 shows done-1
	tmux capture-pane -p -t =t: >"$BOX/screen"
	grep -q '^ao: ' "$BOX/screen"
	run ! grep -E '^  (postCreate|fe-1: )' "$BOX/screen"
	run ! grep -E '.ao: ' "$BOX/screen"
}

@test "send tells what it waits for" {
	AGENT="standin --turn-ms 60000" box_config
	ao spawn frontend 1
	wait_for 20 is fe-1 activity active
	on_terminal ao send fe-1 again --timeout 600
	wait_for 20 shows "  fe-1: waiting (active)"
}

@test "without a terminal: nothing, with -v a line each" {
	FRONTEND='postCreate: ["true"]' box_config
	expect 0 ao spawn frontend 1
	[ -z "$stderr" ]
	expect 0 ao session kill fe-1
	[ -z "$stderr" ]
	expect 0 ao spawn frontend 2 -v
	[ "$stderr" = "fe-2: making its worktree
  postCreate: true
  fe-2: starting standin" ]
	expect 0 ao session kill fe-2 -v
	[ "$stderr" = "fe-2: saving its work
  fe-2: ending its agent
  fe-2: saving its work
  fe-2: removing its worktree" ]
}
