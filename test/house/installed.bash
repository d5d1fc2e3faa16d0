# shellcheck shell=bash disable=SC2154 # HOME, BOX and the like are box.bash's
# What must hold of an installed ao, whoever put it there: `make install` or the package.
tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

version() { sed -n 's/^VERSION := //p' "$tree/Makefile"; }
pages() {
	echo ao.1
	sed -nE 's/^COMMAND\((.*)\)$/ao-\1.1/p' "$tree/src/cmd/commands.def" | tr _ -
}

# "MODE PLACE" of each file below the prefix, by what the source says there is.
should_be() { # ZSH-FOLDER ENDING-OF-PAGES
	printf '755 %s\n' bin/ao libexec/ao/ao-run libexec/ao/ao-pty libexec/ao/ao-http libexec/ao/ao-serve
	printf '644 %s\n' share/bash-completion/completions/ao "$1/_ao" share/fish/vendor_completions.d/ao.fish \
		lib/systemd/user/ao.service
	find "$tree/share" -type f -printf '644 share/ao/%P\n'
	pages | sed "s|.*|644 share/man/man1/&$2|"
}
is_there() { # PREFIX
	find "$1" ! -type d -printf '%m %P\n'
}
same_files() { # FILE FILE, in any order
	diff <(sort "$1") <(sort "$2")
}

# ao in PREFIX works with nothing but what lies there.
works() { # PREFIX
	local at=$1 shell pane
	mkdir "$BOX/bin"
	cp "$AO_BUILD/test/agents/standin" "$BOX/bin/"
	printf '#!/bin/sh\necho man "$@"\n' >"$BOX/bin/man"
	chmod +x "$BOX/bin/man"
	PATH=$at/bin:$BOX/bin:${PATH#"$AO_BUILD:$AO_BUILD/test/agents:"}
	hash -r
	[ "$(command -v ao)" = "$at/bin/ao" ]
	[ "$(command -v standin)" = "$BOX/bin/standin" ]

	expect 0 ao version
	[ "$output" = "ao $(version)" ]
	expect 0 ao --help
	has "session undelete"
	expect 0 ao help session kill
	[[ $output == "man -l $at/share/man/man1/ao-session-kill.1"* ]]
	zcat -f "${output#man -l }" | grep '^\.TH "ao-session-kill" "1"'
	expect 0 ao agent ls
	has claude-code
	has aider
	for shell in bash zsh fish; do
		ao completion $shell | cmp - "$(find "$at/share/$shell"* -type f)"
	done

	spawn frontend
	pane=$(tmux list-panes -t =fe-1: -F '#{pane_pid}')
	[ "$(readlink "/proc/$pane/exe")" = "$at/libexec/ao/ao-run" ]
	expect 0 ao send fe-1 "a word"
	took fe-1 1
	expect 0 ao session kill fe-1
	gone_from_tmux fe-1
	expect 0 ao start
	[ "$(readlink "/proc/$(ao start --status --json | jq .pid)/exe")" = "$at/libexec/ao/ao-serve" ]
	expect 0 ao stop
}
