#!/usr/bin/env bats
# Terminals by stand-ins that write down how they were called; tmux by a second tmux; those that are installed, by themselves.
load box

setup() {
	box_open
	unset DISPLAY WAYLAND_DISPLAY KITTY_WINDOW_ID WEZTERM_PANE GNOME_TERMINAL_SCREEN KONSOLE_VERSION
	unset ALACRITTY_WINDOW_ID XTERM_VERSION TERM_PROGRAM
	mkdir "$BOX/bin"
}
terminals() { # NAME…: stand-ins
	local name
	for name; do
		printf '#!/bin/sh\n{ echo "%s"; printf "%%s\\n" "$@"; echo "tmux:$TMUX"; } >>"%s/argv"\n[ ! -e "%s/fail" ] || ! grep -qxF -- "%s${1:+ $1}" "%s/fail"\n' \
			"$name" "$BOX" "$BOX" "$name" "$BOX" >"$BOX/bin/$name"
		chmod +x "$BOX/bin/$name"
	done
	PATH=$BOX/bin:$PATH
}
called() { # WORD…: once, so
	local want
	want=$(printf '%s\n' "$@" tmux:)
	[ "$(cat "$BOX/argv")" = "$want" ] || { cat "$BOX/argv"; return 1; }
	rm "$BOX/argv"
}
# The command that must be in it, as words.
command_of() { mapfile -t command < <(printf '%s\n' "$(command -v tmux)" -S "$TMUX_TMPDIR/tmux-$(id -u)/default" attach-session -t "=$1"); }
clients() { tmux list-clients -F '#{client_session}' 2>/dev/null; }
looks_at() { clients | grep -qxF "$1"; } # SESSION
outer() { tmux -L eyes -f /dev/null "$@"; }

@test "each terminal by its own command line: a tab, and a window" {
	terminals kitty wezterm gnome-terminal konsole foot alacritty xterm osascript
	spawn frontend
	command_of fe-1
	export DISPLAY=:77 WAYLAND_DISPLAY=wayland-77
	try() { # ENV… -- then the words of tab in `tab`, of window in `window`
		expect 0 env "$@" ao open fe-1
		called "${tab[@]}"
		expect 0 env "$@" ao open fe-1 --new-window
		called "${window[@]}"
	}
	tab=(kitty @ launch --type=tab --tab-title fe-1 "${command[@]}")
	window=(kitty --detach --title fe-1 "${command[@]}")
	try KITTY_WINDOW_ID=1
	has "Session fe-1 opened in kitty"
	tab=(wezterm cli spawn -- "${command[@]}")
	window=(wezterm cli spawn --new-window -- "${command[@]}")
	try WEZTERM_PANE=0
	tab=(gnome-terminal --tab --title fe-1 -- "${command[@]}")
	window=(gnome-terminal --window --title fe-1 -- "${command[@]}")
	try GNOME_TERMINAL_SCREEN=/org/x
	tab=(konsole --new-tab -e "${command[@]}")
	window=(konsole -e "${command[@]}")
	try KONSOLE_VERSION=220401
	tab=(foot --title fe-1 "${command[@]}")
	window=("${tab[@]}")
	try TERM=foot-extra
	tab=(alacritty --title fe-1 -e "${command[@]}")
	window=("${tab[@]}")
	try ALACRITTY_WINDOW_ID=5
	tab=(xterm -T fe-1 -e "${command[@]}")
	window=("${tab[@]}")
	try XTERM_VERSION="XTerm(379)"
	line=$(printf "'%s' " "${command[@]}")
	tab=(osascript -e "on run argv" -e 'tell application "iTerm2" to tell current window to create tab with default profile command (item 1 of argv)' -e "end run" "${line% }")
	window=(osascript -e "on run argv" -e 'tell application "iTerm2" to create window with default profile command (item 1 of argv)' -e "end run" "${line% }")
	try TERM_PROGRAM=iTerm.app
}

@test "all, a project, a session; what does not run" {
	terminals xterm
	spawn frontend
	spawn backend
	spawn frontend
	export XTERM_VERSION=1 DISPLAY=:77
	expect 0 ao open
	[ "$(grep -c '^=' "$BOX/argv")" -eq 3 ]
	expect 0 ao open all
	[ "$(grep -c '^=' "$BOX/argv")" -eq 6 ]
	rm "$BOX/argv"
	expect 0 ao open frontend --json
	[ "$(grep '^=' "$BOX/argv" | paste -sd' ')" = "=fe-1 =fe-2" ]
	[ "$(jq -r '.[] | "\(.name) \(.openedIn) \(.attach)"' <<<"$output" | paste -sd,)" = \
		"fe-1 xterm tmux attach -t fe-1,fe-2 xterm tmux attach -t fe-2" ]
	tmux kill-session -t =fe-1
	wait_for 10 is fe-1 activity exited
	rm "$BOX/argv"
	expect 1 ao open fe-1
	errs "ao session restore fe-1"
	[ ! -e "$BOX/argv" ]
	expect 0 ao open frontend
	[ "$(grep '^=' "$BOX/argv")" = "=fe-2" ]
	expect 4 ao open nothing
	errs "no session or project 'nothing'"
	ao session kill api-1
	expect 1 ao open backend
}

@test "without a terminal to take: the lines" {
	spawn frontend
	spawn backend
	expect 0 ao open
	[ "$output" = "tmux attach -t fe-1
tmux attach -t api-1" ] || [ "$output" = "tmux attach -t api-1
tmux attach -t fe-1" ]
	expect 0 ao open fe-1
	[ "$output" = "tmux attach -t fe-1" ]
	expect 0 ao open fe-1 --new-window
	[ "$output" = "tmux attach -t fe-1" ]
	# a screen, but nothing on it for us
	terminals xterm
	echo "xterm -T" >"$BOX/fail"
	XTERM_VERSION=390 DISPLAY=:77 expect 0 ao open fe-1 --new-window
	[ "$output" = "tmux attach -t fe-1" ]
	[ -e "$BOX/argv" ]
}

@test "a terminal that takes no orders gives a window" {
	terminals kitty
	spawn frontend
	command_of fe-1
	echo "kitty @" >"$BOX/fail"
	KITTY_WINDOW_ID=1 DISPLAY=:77 expect 0 ao open fe-1
	has "opened in kitty"
	called kitty @ launch --type=tab --tab-title fe-1 "${command[@]}" tmux: kitty --detach --title fe-1 "${command[@]}"
}

@test "the configured terminal wins where it is there; an unknown one is told" {
	FRONTEND="terminal: konsole" box_config
	spawn frontend
	terminals xterm
	export XTERM_VERSION=1 DISPLAY=:77
	expect 0 ao open fe-1
	has "opened in xterm"
	terminals konsole
	expect 0 ao open fe-1
	has "opened in Konsole"
	FRONTEND="terminal: konsolle" box_config
	expect 5 ao open fe-1
	errs "alacritty"
}

@test "a plain terminal shows the one session itself" {
	spawn frontend
	outer new-session -d -s eye -x 100 -y 30 "env -u TMUX -u TMUX_PANE ao open fe-1"
	wait_for 10 looks_at fe-1
}

@test "inside tmux the client goes there, for several there are lines" {
	spawn frontend
	spawn backend
	tmux -f /dev/null new-session -d -s host -x 100 -y 30 "bash --norc"
	outer new-session -d -s eye -x 100 -y 30 "env -u TMUX -u TMUX_PANE tmux attach -t =host"
	wait_for 10 looks_at host
	tmux send-keys -t =host: "ao open" Enter
	wait_for 10 eval "tmux capture-pane -p -t =host: | grep -qxF 'tmux attach -t api-1'"
	looks_at host
	tmux send-keys -t =host: "ao open api-1" Enter
	wait_for 10 looks_at api-1
	! looks_at host || false
}

@test "inside another tmux it is not shown in it" {
	spawn frontend
	outer new-session -d -s eye -x 100 -y 30 "bash --norc"
	outer send-keys -t =eye: "ao open fe-1" Enter
	wait_for 10 eval "tmux -L eyes capture-pane -p -t =eye: | grep -qxF 'tmux attach -t fe-1'"
	outer send-keys -t =eye: "ao session attach fe-1; echo code:\$?" Enter
	wait_for 10 eval "tmux -L eyes capture-pane -p -t =eye: | grep -qF 'code:6'"
	! looks_at fe-1 || false
}

@test "inside tmux a new window is no part of it" {
	terminals xterm
	spawn frontend
	command_of fe-1
	export DISPLAY=:77 XTERM_VERSION=390 # whatever else is installed
	TMUX="$TMUX_TMPDIR/tmux-$(id -u)/default,1,0" expect 0 ao open fe-1 --new-window
	called xterm -T fe-1 -e "${command[@]}"
}

@test "spawn --open" {
	terminals xterm
	XTERM_VERSION=1 DISPLAY=:77 expect 0 ao spawn frontend --open
	has "Session fe-1 spawned"
	has "Session fe-1 opened in xterm"
	ready fe-1
	expect 0 ao spawn frontend --open --json
	[ "$(jq -r .name <<<"$output")" = fe-2 ]
	ready fe-2
}

there() { # PROGRAM…: those are here, and no sanitizer is in ao
	local name
	for name in Xvfb "$@"; do
		command -v "$name" >/dev/null || skip "no $name here"
	done
	# seen: the xterm that a sanitized ao starts never attaches; not understood yet
	case $AO_BUILD in */san*) skip "not under a sanitizer" ;; esac
}
# The terminal that the environment names, on a screen of its own: it attaches, and outlives ao.
opens_in() { # NAME [VARIABLE=VALUE…]
	local name=$1
	shift
	spawn frontend
	screen_on
	expect 0 env "$@" ao open fe-1 --new-window
	has "opened in $name"
	wait_for 60 looks_at fe-1
	ao session kill fe-1 >/dev/null
	kill "$screen"
	wait "$screen" || true
}
screen_on() {
	Xvfb -displayfd 3 -nolisten tcp -screen 0 1024x768x24 3>"$BOX/display" >"$BOX/xvfb.log" 2>&1 &
	screen=$!
	wait_for 20 grep -q . "$BOX/display"
	DISPLAY=:$(cat "$BOX/display")
	export DISPLAY LIBGL_ALWAYS_SOFTWARE=1
}

@test "xterm itself, on a screen of its own, outlives ao" {
	there xterm
	opens_in xterm XTERM_VERSION=390
}

@test "kitty itself, where there is one" {
	there kitty
	opens_in kitty KITTY_WINDOW_ID=1
}

@test "Konsole itself, where there is one" {
	there konsole
	opens_in Konsole KONSOLE_VERSION=220401
}

@test "Alacritty itself, where there is one" {
	there alacritty
	opens_in Alacritty ALACRITTY_WINDOW_ID=5
}

@test "GNOME Terminal itself, where there is one" {
	there gnome-terminal dbus-run-session
	printf '#!/bin/sh\nao "$@" || exit\nuntil test -e "$BOX/seen"; do sleep 0.1; done\n' >"$BOX/bin/on-bus"
	chmod +x "$BOX/bin/on-bus"
	spawn frontend
	screen_on
	# its windows are those of a server, which ends with the bus
	NO_AT_BRIDGE=1 GNOME_TERMINAL_SCREEN=/org/x dbus-run-session -- "$BOX/bin/on-bus" open fe-1 --new-window >"$BOX/out" 2>"$BOX/err" &
	wait_for 60 looks_at fe-1
	wait_for 60 grep -qF "Session fe-1 opened in GNOME Terminal" "$BOX/out"
	touch "$BOX/seen"
	wait $!
	ao session kill fe-1 >/dev/null
	kill "$screen"
	wait "$screen" || true
}

@test "foot itself, where there is one, on a Wayland of its own" {
	there foot weston
	spawn frontend
	screen_on # its own headless one has no seat
	XDG_RUNTIME_DIR=$BOX weston --backend=x11-backend.so --socket=wayland-77 --no-config >"$BOX/weston.log" 2>&1 &
	wayland=$!
	wait_for 20 test -S "$BOX/wayland-77"
	unset DISPLAY
	TERM=foot WAYLAND_DISPLAY=wayland-77 expect 0 ao open fe-1 --new-window
	has "opened in foot"
	wait_for 60 looks_at fe-1
	ao session kill fe-1 >/dev/null
	kill "$wayland" "$screen"
	wait "$wayland" "$screen" || true
}
