#!/usr/bin/env bats
# `ao status --watch` on a terminal, which is a pane of tmux, and what it writes there.
load box

watch() { # what follows is traced
	# LeakSanitizer cannot run under strace
	tmux new-session -d -s w -e "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0" -x 100 -y "${1:-30}" \
		"exec strace -qq -s 1000000 -e trace=write,inotify_add_watch -o $BOX/trace ao status --watch"
}
shows() { [[ $(tmux capture-pane -p -t =w:) == *"$1"* ]]; }
frames() { grep -c '^write(1, "\\33\[H' "$BOX/trace"; }

@test "a frame is one write over the old one, and nothing is cleared in between" {
	spawn frontend 1
	watch
	wait_for 20 shows fe-1
	ao spawn backend 2
	wait_for 20 shows api-1
	ao session kill fe-1
	wait_for 20 gone_from_tmux fe-1
	wait_for 20 eval '! shows fe-1'
	tmux send-keys -t =w: q
	wait_for 20 gone_from_tmux w
	[ "$(frames)" -ge 3 ]
	# first the alternate screen, at last the old one again; between them only whole frames
	grep '^write(1, ' "$BOX/trace" >"$BOX/writes"
	head -1 "$BOX/writes" | grep -qF '\33[?1049h'
	tail -1 "$BOX/writes" | grep -qF '\33[?1049l'
	sed '1d;$d' "$BOX/writes" >"$BOX/frames"
	[ "$(wc -l <"$BOX/frames")" = "$(grep -cE '^write\(1, "\\33\[H.*\\33\[J", ([0-9]+)\) = \1$' "$BOX/frames")" ]
	run ! grep -F '\33[2J' "$BOX/trace"
	# the rest of each line is cleared behind it, never before it
	[ "$(grep -oE '\\33\[K(\\n|\\33\[J)' "$BOX/frames" | wc -l)" = "$(grep -oF '\33[K' "$BOX/frames" | wc -l)" ]
}

@test "what fits is shown, the rest is left out" {
	for i in 1 2 3 4; do ao spawn frontend $i; done
	watch 9
	wait_for 20 shows "fe-2"
	run ! shows fe-4
	shows "AGENT ORCHESTRATOR"
	tmux send-keys -t =w: q
	wait_for 20 gone_from_tmux w
}

@test "a pull request's files and branches are watched" {
	spawn frontend 1
	git -C "$TREES/fe-1" commit -q --allow-empty -m work
	watch
	wait_for 20 shows fe-1
	ao pr create fe-1
	wait_for 20 shows "#1"
	for folder in ao/pulls/1 refs/heads/feat refs/heads; do
		wait_for 10 grep -qF "\"$REPO/.git/$folder\"" "$BOX/trace"
	done
	ao pr review fe-1 --ask ann
	wait_for 20 shows "△"
	tmux send-keys -t =w: q
	wait_for 20 gone_from_tmux w
}

@test "a reader that goes away ends it" {
	spawn frontend 1
	timeout 60 ao status --watch | head -1 >"$BOX/seen"
	[ "${PIPESTATUS[0]}" != 124 ]
	grep -q AGENT "$BOX/seen"
}
