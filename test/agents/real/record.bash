# shellcheck shell=bash disable=SC2154
# Records what test/agents holds of an agent: what its hooks report, what its transcript holds, as it comes, and at
# each look the screen, the title and what is true then. Below build/agents, with nothing of this machine in it:
# its home is /home/ann, and record.mjs replaces the ids. Whoever adds it to the corpus looks at each screen.
load real

# In the mount namespace that run.sh made.
record_home() {
	[ "$(id -u)" = 0 ] && mount -t tmpfs tmpfs /home && mkdir /home/ann || { echo "needs root, and unshare"; return 1; }
	mount --bind "$BOX/home" /home/ann || return
	export HOME=/home/ann
	DATA=$HOME/.agent-orchestrator/sessions/box TREES=$HOME/.worktrees
	REPO=$HOME/code/frontend CONFIG=$HOME/.agent-orchestrator.yaml
	cd "$HOME" || return
}

# Gemini CLI takes hooks only from where nobody but root can write, as build may be and $BOX is not.
record_open() {
	RECORD=yes real_open || return
	KEPT_HERE=$NPM/recorded/$REAL_AGENT
	rm -rf "$KEPT_HERE" "$NPM/screens/$REAL_AGENT"
	mkdir -p "$KEPT_HERE"
	STREAM=$KEPT_HERE/stream
	cp -r "${BATS_TEST_DIRNAME}/../../../share" "$KEPT_HERE/share"
	export AO_SHARE=$KEPT_HERE/share
	cat >"$KEPT_HERE/hook" <<-S
		#!/usr/bin/env bash
		# what ao takes of it counts: it refuses the reports of an agent within
		at=\$((\${EPOCHREALTIME/./} / 1000)) signals=\$AO_SESSION_DIR/signals
		in=\$(cat)
		before=\$(stat -c %s "\$signals" 2>/dev/null)
		"\$AO_BIN" "\$@" <<<"\$in"
		[ "\$before" = "\$(stat -c %s "\$signals" 2>/dev/null)" ] ||
			jq -nc --argjson at "\$at" --arg hook "\$2" --argjson in "\$in" '\$ARGS.named' >>"$STREAM"
	S
	chmod +x "$KEPT_HERE/hook"
	sed -i "s|\\\$AO_BIN|$KEPT_HERE/hook|; s|spawnSync(process.env.AO_BIN|spawnSync('$KEPT_HERE/hook'|" \
		"$KEPT_HERE"/share/agents/hooks/*/*.js*
	: >"$STREAM"
	node "$BATS_TEST_DIRNAME/record.mjs" follow "$DATA/fe-1/conversations" "$STREAM" 3>&- &
	FOLLOW_PID=$!
}
record_close() {
	kill "$FOLLOW_PID"
	node "$BATS_TEST_DIRNAME/record.mjs" clean "$STREAM" "$NPM/recorded/$REAL_AGENT.jsonl" "$NPM/screens/$REAL_AGENT"
	real_close
}

# Somebody looks: the screen of that name, and what is true. The model's log must not contradict.
look() { # TRUTH NAME
	local activity said
	said=$(jq -s -r 'map(select(.side == false and (.text | startswith("nested") | not))) | last.did' "$HEARD")
	activity=$(fact fe-1 activity)
	snap "$2"
	jq -nc --argjson at $((${EPOCHREALTIME/./} / 1000)) --arg truth "$1" --arg screen "$2" \
		--argjson output "$(tmux display-message -p -t fe-1 '#{window_activity}')000" '$ARGS.named' >>"$STREAM"
	printf '%s\t%s\t%s\n' "$REAL_AGENT" "$2" "$1" >>"$NPM/recorded/$REAL_AGENT.tsv"
	case $said/${1%+*} in
	asked/active | called/* | answered/ready | cut/ready | failed/blocked) said= ;;
	answered/waiting_input) said="the person's menu" ;;
	esac
	[ "$activity" = idle ] && activity=ready
	[ "$activity" = "${1%+*}" ] && [ -z "$said" ] || echo "# look at $2: true is $1, the model: ${said:-as well}, ao: $activity" >&3
}
restarted() { printf '{"at": %d, "restart": true}\n' $((${EPOCHREALTIME/./} / 1000)) >>"$STREAM"; }

# The model did this with these words.
did() { # WHAT TEXT
	jq -se --arg did "$1" --arg text "$2" 'any(.[]; .did == $did and .side == false and (.text | contains($text)))' "$HEARD" >/dev/null
}
when() { wait_for 60 did "$@" && sleep "${THEN:-2}"; } # WHAT TEXT
