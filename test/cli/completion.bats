#!/usr/bin/env bats
# Real shells in a terminal (tmux), into which is typed; and what ao answers them.
load box

ask() { ao __complete "$@"; }
words() { ask "$@" | cut -f1 | paste -sd' '; }

# An interactive shell that has the script, on a screen wide enough for long lines.
start_shell() { # COMMAND…
	tmux -f /dev/null new-session -d -s shell -x 200 -y 50 -c "$REPO" "$@"
}
type_in() { # TEXT: a clean line, then the text and a Tab
	tmux send-keys -t shell C-u
	tmux send-keys -t shell -l "$1"
	tmux send-keys -t shell Tab
}
screen() { tmux capture-pane -p -t shell; }
shows() { screen | grep -qF -- "$1"; }
ran() { [ "$(cat "$BOX/ran" 2>/dev/null)" = "$1" ]; }
# What the shell made of TEXT and a Tab is run as arguments of `ao`, a program that writes them down.
completes() { # TEXT RESULT
	type_in "$1"
	wait_for 10 shows "ao $2"
	rm -f "$BOX/ran"
	tmux send-keys -t shell Home
	tmux send-keys -t shell -l "echo "
	tmux send-keys -t shell End
	tmux send-keys -t shell -l " >$BOX/ran"
	tmux send-keys -t shell Enter
	wait_for 10 ran "ao $2" || { screen; cat "$BOX/ran"; return 1; }
}
common() {
	completes "ao session und" "session undelete"
	completes "ao session kill " "session kill fe-1"
	completes "ao spawn front" "spawn frontend"
	completes "ao spawn -p back" "spawn -p backend"
	completes "ao spawn --agent cod" "spawn --agent codex"
	completes "ao spawn --agent=cod" "spawn --agent=codex"
	completes "ao status --wat" "status --watch"
	completes "ao help agent te" "help agent test"
	completes "ao completion fi" "completion fish"
	completes "ao send fe-1 --file REA" "send fe-1 --file README"
	completes "ao trust src/ma" "trust src/main.c"
	type_in "ao session "
	wait_for 10 shows restore
	shows cleanup
}

@test "bash completes" {
	spawn frontend
	start_shell bash --norc --noprofile -i
	tmux send-keys -t shell -l 'PS1=; eval "$(ao completion bash)"; bind "set show-all-if-ambiguous on"; echo read''y'
	tmux send-keys -t shell Enter
	wait_for 10 shows ready
	common
}

@test "zsh completes" {
	command -v zsh >/dev/null || skip "no zsh here"
	spawn frontend
	start_shell zsh -f -i
	tmux send-keys -t shell -l "PS1=; unsetopt prompt_sp; autoload -U compinit; compinit -D -u; source <(ao completion zsh); bindkey '^[[1~' beginning-of-line '^[[4~' end-of-line; echo read''y"
	tmux send-keys -t shell Enter
	wait_for 10 shows ready
	common
}

@test "zsh: the script as a file of fpath" {
	command -v zsh >/dev/null || skip "no zsh here"
	spawn frontend
	mkdir "$BOX/fpath"
	ao completion zsh >"$BOX/fpath/_ao"
	start_shell zsh -f -i
	tmux send-keys -t shell -l "PS1=; fpath=($BOX/fpath \$fpath); unsetopt prompt_sp; autoload -U compinit; compinit -D -u; bindkey '^[[1~' beginning-of-line '^[[4~' end-of-line; echo read''y"
	tmux send-keys -t shell Enter
	wait_for 10 shows ready
	completes "ao session kill " "session kill fe-1"
	completes "ao session und" "session undelete"
}

@test "fish completes" {
	command -v fish >/dev/null || skip "no fish here"
	spawn frontend
	mkdir -p "$HOME/.config/fish/completions"
	ao completion fish >"$HOME/.config/fish/completions/ao.fish"
	start_shell fish --private --init-command 'set -g fish_greeting; set -g fish_autosuggestion_enabled 0; function fish_prompt; end'
	tmux send-keys -t shell -l "echo read''y"
	tmux send-keys -t shell Enter
	wait_for 10 shows ready
	common
	# with what each is for
	tmux send-keys -t shell C-u
	type_in "ao session "
	wait_for 10 shows "end a session and remove its worktree"
}

@test "what is offered where" {
	spawn frontend
	spawn frontend
	spawn backend
	ao session kill fe-1
	[ "$(words session kill '')" = "fe-2 api-1" ] || [ "$(words session kill '')" = "api-1 fe-2" ]
	[ "$(words session kill api-1 '')" = fe-2 ]
	[ "$(words session undelete fe)" = "fe-1 fe-2" ]
	[ "$(words events ver)" = verify ]
	[ "$(words events fe)" = "fe-1 fe-2" ]
	[ "$(words status --why f)" = fe-2 ]
	[ "$(words status --why=f)" = --why=fe-2 ]
	[ "$(words status --why = f)" = fe-2 ]
	[ "$(words spawn b)" = backend ]
	[ "$(words open '')" = "api-1 fe-2 frontend backend all" ] || [ "$(words open '')" = "fe-2 api-1 frontend backend all" ]
	[ "$(words open fe-2 '')" = "" ]
	[ "$(words spawn frontend '')" = "" ]
	[ "$(words pr view '')" = "fe-2 api-1" ] || [ "$(words pr view '')" = "api-1 fe-2" ]
	[ "$(words send fe-2 a)" = "" ]
	[ "$(words send fe-2 -- --f)" = "" ]
	[ "$(words --js)" = --json ]
	[ "$(words --json session k)" = kill ]
	[ "$(words -p frontend session k)" = kill ]
	[ "$(words hook s)" = "start stop" ]
	[ "$(words nonsense '')" = "" ]
	[ "$(words status --color=a)" = "--color=auto --color=always" ]
	[ "$(words send fe-2 --file '')" = :files ]
	[ "$(words --config "$CONFIG" spawn f)" = frontend ]
	[ "$(words --config /nowhere spawn f)" = "" ]
	[ "$(AO_CONFIG_PATH=/nowhere words --config="$CONFIG" spawn f)" = frontend ]
	[[ " $(words spawn --agent '') " == *" standin "* ]]
}

@test "issues and pull requests, of the project that is meant, with their titles" {
	ao issue create -p frontend "The first"
	ao issue create -p frontend $'Second \e[31mone: \x60touch x\x60 $(touch y)'
	ao issue create -p frontend "Done"
	ao issue close -p frontend 3
	ao issue create -p backend "Elsewhere"
	[ "$(words spawn frontend '')" = "2 1" ]
	[ "$(words batch-spawn frontend 1 '')" = 2 ]
	[ "$(words spawn -p backend '')" = "frontend backend 1" ]
	[ "$(words issue view -p frontend '')" = "2 1" ]
	[ "$(words issue close --project=backend '')" = 1 ]
	[ "$(words issue view '')" = "" ] # of which project?
	cd "$REPO"
	[ "$(words spawn '')" = "frontend backend 2 1" ]
	[ "$(words spawn '#')" = "#2 #1" ]
	[ "$(ask issue view 1)" = $'1\tThe first' ]
	ask issue view 2 >"$BOX/said"
	grep -q "Second" "$BOX/said"
	run ! grep -q $'\e' "$BOX/said"
	cd "$HOME"
	for n in 1 2; do
		spawn frontend $n
		echo $n >"$TREES/fe-$n/new"
		git -C "$TREES/fe-$n" add new
		git -C "$TREES/fe-$n" commit -q -m "work $n"
		ao pr create fe-$n
	done
	ao pr close fe-2
	[ "$(words pr merge -p frontend '')" = "fe-1 fe-2 1" ]
	[ "$(ask pr view -p frontend '#')" = $'#1\tThe first' ]
	[ "$(words pr create '')" = "fe-1 fe-2" ]
	[ "$(words spawn --after fe)" = "fe-1 fe-2" ]
	strace -f -o "$BOX/trace" ao __complete issue view -p frontend '' >/dev/null
	[ "$(grep -c 'execve(' "$BOX/trace")" -eq 1 ]
}

@test "every command and every option of the help is offered" {
	ao --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\( [a-z]*\)\{0,1\}\)  .*/\1/p' >"$BOX/commands"
	[ "$(wc -l <"$BOX/commands")" -gt 20 ]
	while read -r first second; do
		[[ " $(words '') " == *" $first "* ]]
		[ -z "$second" ] || [[ " $(words "$first" '') " == *" $second "* ]]
		ao "$first" ${second:+"$second"} --help | sed -nE 's/^  (-.,|   ) (--[a-z-]+).*/\2/p' >"$BOX/options"
		[ "$(wc -l <"$BOX/options")" -ge 9 ]
		while read -r option; do
			[[ " $(words "$first" ${second:+"$second"} --) " == *" $option "* ]] || { echo "$first $second $option"; return 1; }
		done <"$BOX/options"
	done <"$BOX/commands"
}

@test "an answer comes in 10 ms, starts nothing, writes nothing, says nothing" {
	local best=999999 start took
	spawn frontend
	# in a git work tree and with values that need trust: elsewhere git is asked whether it is tracked
	cp "$CONFIG" "$REPO/agent-orchestrator.yaml"
	sed -i 's/^    defaultBranch/    postCreate: [make]\n&/' "$REPO/agent-orchestrator.yaml"
	echo "no line" >>"$DATA/fe-1/metadata"
	cd "$REPO"
	picture >"$BOX/before"
	strace -f -o "$BOX/trace" ao __complete spawn f >"$BOX/said" 2>"$BOX/err"
	[ "$(cat "$BOX/said")" = frontend ]
	[ ! -s "$BOX/err" ]
	[ "$(grep -c 'execve(' "$BOX/trace")" -eq 1 ]
	# of the sanitizer's own runtime: its log, its shadow
	grep -vE '/dev/null|sanitizer|/proc/self' "$BOX/trace" >"$BOX/ours"
	case $AO_BUILD in
	*/san*) ;;
	*) run ! grep -E 'O_WRONLY|O_RDWR|O_CREAT|(mkdir|rename|unlink|clone|fork)[a-z0-9]*\(' "$BOX/ours" ;;
	esac
	rm agent-orchestrator.yaml
	[ "$(ask session kill '' 2>&1)" = fe-1 ]
	picture >"$BOX/after"
	diff "$BOX/before" "$BOX/after"
	echo "broken: [" >agent-orchestrator.yaml
	expect 0 ao __complete spawn ''
	[ -z "$output$stderr" ]
	rm agent-orchestrator.yaml
	case $AO_BUILD in */san*) skip "a sanitizer is slower" ;; esac
	for _ in $(seq 200); do # the machine may be busy, but not each time
		start=${EPOCHREALTIME/./}
		ao __complete session kill '' >/dev/null
		took=$((${EPOCHREALTIME/./} - start))
		[ "$took" -ge "$best" ] || best=$took
		[ "$best" -gt 10000 ] || break
	done
	echo "best: $best us"
	[ "$best" -le 10000 ]
}

@test "an unknown shell" {
	expect 2 ao completion tcsh
	errs "bash, zsh and fish"
}
