# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats's
# The box of test/cli with a real agent in it, $REAL_AGENT, that talks to the scripted model. Its dialogs
# of a first start are answered beforehand, in its own files in the box's home, as a person would have.
# test/agents/real/run.sh brought us here: in a network of our own with nothing but loopback, and with
# an environment that holds nothing of the caller's.
load ../../cli/box.bash

PORT=8123
MODEL=http://127.0.0.1:$PORT
NPM=$AO_BUILD/agents

setup() { real_open; }
teardown() { real_close; }

real_open() {
	box_open || return
	export PATH=$AO_BUILD:$NPM/node_modules/.bin:$PATH
	HEARD=$BOX/heard
	: >"$HEARD"
	node "${BATS_TEST_DIRNAME}/../model/model.mjs" $PORT "$HEARD" >"$BOX/model.out" 2>&1 3>&- &
	MODEL_PID=$!
	wait_for 10 grep -q listening "$BOX/model.out" || return
	[ -n "${REAL_FRESH:-}" ] || "answer_${REAL_AGENT//-/_}"
	"point_${REAL_AGENT//-/_}"
	real_config
}

real_close() {
	kill "$MODEL_PID" 2>/dev/null
	wait "$MODEL_PID" 2>/dev/null
	[ ! -s "$BOX/model.out" ] || grep -v '^listening$' "$BOX/model.out" | sed 's/^/# model: /' || true
	box_close
}

real_config() {
	cat >"$CONFIG" <<-Y
		name: box
		defaults: {agent: $REAL_AGENT}
		projects:
		  frontend:
		    path: $REPO
		    sessionPrefix: fe
		    defaultBranch: main
		    ${MODEL_NAME:+agentConfig: {model: $MODEL_NAME\}}
	Y
}

# ---- each agent: whom it talks to, and its first questions answered ----------------------------------

point_claude_code() {
	export ANTHROPIC_API_KEY=dummy-not-a-key ANTHROPIC_BASE_URL=$MODEL DISABLE_AUTOUPDATER=1
	export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
}
answer_claude_code() {
	cat >"$HOME/.claude.json" <<-J
		{"hasCompletedOnboarding": true, "theme": "dark",
		 "customApiKeyResponses": {"approved": ["dummy-not-a-key"], "rejected": []},
		 "projects": {"$REPO": {"hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true}}}
	J
}

# ---- what is asked of it -----------------------------------------------------------------------------

activity() { fact "${1:-fe-1}" activity; }
is_now() { case $(activity) in "$1") ;; *) return 1 ;; esac; }
# The activity is told within a second or so; what it took is printed. The bound is generous.
tells() { # ACTIVITY
	local from=${EPOCHREALTIME/./}
	if ! wait_for "${2:-15}" is_now "$1"; then
		ao status --why fe-1
		tmux capture-pane -p -t fe-1
		cat "$DATA/fe-1/signals"
		return 1
	fi
	echo "# $1 after $(((${EPOCHREALTIME/./} - from) / 1000)) ms"
}
# How often the model was told exactly this by the user, white space at the end aside.
heard_times() { # TEXT
	jq -s --arg text "$1" 'map(select(.side == false and .step == 0 and
		(.text | sub("\\s+$"; "")) == ($text | sub("\\s+$"; "")))) | length' "$HEARD"
}
heard_once() {
	[ "$(heard_times "$1")" = 1 ] && return
	echo "not heard once: $1"
	tail -5 "$HEARD"
	tmux capture-pane -p -t fe-1
	cat "$DATA/fe-1/signals"
	return 1
}
