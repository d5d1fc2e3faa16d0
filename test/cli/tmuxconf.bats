#!/usr/bin/env bats
load box

# Settings that people have in ~/.tmux.conf, each through a session's life.
life() {
	printf '%s\n' "$@" >"$HOME/.tmux.conf"
	tmux new-session -d -s mine cat
	spawn frontend
	in_tmux fe-1
	expect 0 ao send fe-1 "hello $# there"
	took fe-1 1
	expect 0 ao session ls
	has "[idle]" || has "[working]"
	tmux kill-session -t =fe-1
	wait_for 8 is fe-1 activity exited
	expect 0 ao session restore fe-1
	ready fe-1
	expect 0 ao session kill fe-1
	gone_from_tmux fe-1
	in_tmux mine
}

@test "destroy-unattached on" { life 'set -g exit-unattached off'; tmux set -g destroy-unattached off; }
@test "destroy-unattached for new sessions" {
	printf 'set -g destroy-unattached on\n' >"$HOME/.tmux.conf"
	spawn frontend 42
	wait_for 3 in_tmux fe-1
	expect 0 ao send fe-1 "hello"
	in_tmux fe-1
}
@test "remain-on-exit on" {
	printf 'set -g remain-on-exit on\n' >"$HOME/.tmux.conf"
	spawn frontend 42
	tmux send-keys -t =fe-1: C-d
	wait_for 8 is fe-1 activity exited
	expect 1 ao send fe-1 "into a dead pane"
	tmux list-sessions # it lives
	expect 0 ao session restore fe-1
	ready fe-1
	expect 0 ao session kill fe-1
	gone_from_tmux fe-1
}
@test "base-index, pane-base-index, renumber" { life 'set -g base-index 1' 'setw -g pane-base-index 1' 'set -g renumber-windows on'; }
@test "another prefix, vi keys, no mouse" { life 'set -g prefix C-a' 'unbind C-b' 'set -g mode-keys vi' 'set -g status-keys vi'; }
@test "default-command and default-shell" { life 'set -g default-command "false"' 'set -g default-shell /bin/sh'; }
@test "automatic-rename, allow-rename, set-titles" { life 'setw -g automatic-rename on' 'set -g allow-rename on' 'set -g set-titles on'; }
@test "hooks of the user's" { life "set-hook -g session-created 'run-shell true'" "set-hook -g after-new-session 'rename-window x'"; }
@test "a status line that runs programs" { life 'set -g status-left "#(true)"' 'set -g status-interval 1' 'set -g pane-border-status top'; }
@test "small history, default-terminal" { life 'set -g history-limit 0' 'set -g default-terminal "screen"' 'set -sg escape-time 500'; }
@test "update-environment and default-size" { life 'set -g update-environment "PATH HOME AO_SESSION"' 'set -g default-size 20x5'; }
@test "exit-empty off" {
	printf 'set -s exit-empty off\n' >"$HOME/.tmux.conf"
	spawn frontend 42
	expect 0 ao session kill fe-1
	tmux show-options -s exit-empty
}

@test "a server of our own: tmux.socket" {
	EXTRA='tmux: {socket: aotest}' box_config
	expect 0 ao spawn frontend 42
	has "tmux -L aotest attach -t fe-1"
	ready fe-1
	run ! tmux has-session -t =fe-1
	tmux -L aotest has-session -t =fe-1
	expect 0 ao send fe-1 hello
	expect 0 ao session kill fe-1
}

@test "spawned from inside a session: what it starts outlives it" {
	EXTRA='tmux: {socket: aotest}' box_config
	spawn frontend 1
	tmux -L aotest send-keys -t =fe-1: -l 'x'
	AO_SESSION=fe-1 expect 0 ao spawn backend 2
	ready api-1
	expect 0 ao session kill fe-1
	ready api-1
}

@test "exit-unattached on: a server of our own is spared, of the user's own doctor tells" {
	printf 'set -s exit-unattached on\n' >"$HOME/.tmux.conf"
	EXTRA='tmux: {socket: aotest}' box_config
	spawn frontend 1
	expect 0 ao send fe-1 hello
	box_config
	on_screen 'exec tmux -L default new-session -s mine "echo I am here; cat"' 'I am here'
	expect 1 ao doctor
	has "tmux ends its sessions with its last client: set-option -s exit-unattached off"
	tmux set-option -s exit-unattached off
	expect 0 ao doctor
}
@test "an alias over a command that we use: doctor tells" {
	printf "set -s command-alias[9] paste-buffer='display-message hi'\nset -s command-alias[10] mine=list-keys\n" >"$HOME/.tmux.conf"
	spawn frontend 1
	expect 1 ao doctor
	has "tmux has an alias over its command paste-buffer, which we use: take it out of command-alias"
	lacks "command mine"
}
