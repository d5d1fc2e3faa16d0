# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats's
# The box of test/cli with a real agent in it, $REAL_AGENT, that talks to the scripted model. Its dialogs
# of a first start are answered beforehand, in its own files in the box's home, as a person would have.
# test/agents/real/run.sh brought us here: in a network of our own with nothing but loopback, and with
# an environment that holds nothing of the caller's.
load ../../cli/box.bash

NPM=$AO_BUILD/agents

setup() { real_open; }
teardown() { real_close; }

real_open() {
	box_open || return
	[ -z "${RECORD:-}" ] || record_home || return
	export PATH=$AO_BUILD:$NPM/node_modules/.bin:$PATH
	HEARD=$BOX/heard
	: >"$HEARD"
	node "${BATS_TEST_DIRNAME}/../model/model.mjs" 0 "$HEARD" >"$BOX/model.out" 2>&1 3>&- &
	MODEL_PID=$!
	wait_for 10 grep -q listening "$BOX/model.out" || return
	MODEL=http://127.0.0.1:$(sed -n 's/^listening //p' "$BOX/model.out")
	"point_${REAL_AGENT//-/_}"
	real_config
}

real_close() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || show_all
	kill "$MODEL_PID" ${WATCH_PID:+"$WATCH_PID"} 2>/dev/null
	wait "$MODEL_PID" 2>/dev/null
	[ ! -s "$BOX/model.out" ] || grep -v '^listening ' "$BOX/model.out" | sed 's/^/# model: /' || true
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
	Y
}

# $SLOW: a machine too busy for a receipt within 5 s; what the model heard decides.
[ -z "${SLOW:-}" ] || PATIENCE=150
say() { # ARGUMENTS of ao send
	expect 0 ao send fe-1 "$@" && return
	[ -n "${SLOW:-}" ] && [ "$status" = 3 ]
}
# ---- each agent: whom it talks to, and its first questions answered ----------------------------------

point_claude_code() {
	export ANTHROPIC_API_KEY=dummy-not-a-key ANTHROPIC_BASE_URL=$MODEL DISABLE_AUTOUPDATER=1
	export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
	cat >"$HOME/.claude.json" <<-J
		{"hasCompletedOnboarding": true, "theme": "dark",
		 "customApiKeyResponses": {"approved": ["dummy-not-a-key"], "rejected": []},
		 "projects": {"${REAL_FRESH:+/no}$REPO": {"hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true}}}
	J
	mkdir "$HOME/.claude" # its auto mode asks a server what is safe
	echo '{"permissions": {"defaultMode": "default", "disableAutoMode": "disable"}}' >"$HOME/.claude/settings.json"
	# it takes out what nobody sees; of a tab it makes four blanks
	ALTERS=$'s/\t/    /; s/\u200b//; s/\u202e//'
	QUEUES=yes NESTED="$NPM/node_modules/.bin/claude -p" NESTED_AGAIN="$NPM/node_modules/.bin/claude -c -p"
	ASKS=yes QUESTIONS=yes
}

point_codex() {
	export SCRIPTED_KEY=dummy-not-a-key
	mkdir -p "$HOME/.codex"
	cat >>"$HOME/.codex/config.toml" <<-T
		model = "scripted"
		model_provider = "scripted"
		check_for_update_on_startup = false
		[model_providers.scripted]
		name = "scripted"
		base_url = "$MODEL/v1"
		wire_api = "responses"
		env_key = "SCRIPTED_KEY"
	T
	[ -n "${REAL_FRESH:-}" ] || printf '[projects."%s"]\ntrust_level = "trusted"\n' "$REPO" >>"$HOME/.codex/config.toml"
	CHANNEL=yes # messages are not typed
	# it gives its shell neither keys nor our PATH
	NESTED="env SCRIPTED_KEY=$SCRIPTED_KEY $NPM/node_modules/.bin/codex exec"
	ASKS=yes
}

point_opencode() {
	export OPENCODE_DISABLE_AUTOUPDATE=1 OPENCODE_DISABLE_MODELS_FETCH=1
	export npm_config_registry=$MODEL # it looks for packages at its start, and long where nobody answers
	CHANNEL=yes KEPT=$HOME/.local/share/opencode
	# some 15 s of processor time to its first answer, the title and a dozen runs of git before it: on a
	# machine that is busy with other things that is minutes, not a hang
	PATIENCE=240
	mkdir -p "$HOME/.config/opencode"
	cat >"$HOME/.config/opencode/opencode.json" <<-J
		{"model": "scripted/scripted", "small_model": "scripted/scripted",
		 "permission": {"bash": "ask", "edit": "ask"},
		 "provider": {"scripted": {"npm": "@ai-sdk/openai-compatible", "name": "Scripted",
		  "options": {"baseURL": "$MODEL/v1", "apiKey": "dummy-not-a-key"},
		  "models": {"scripted": {"name": "Scripted"}}}}}
	J
	QUEUES=yes
	NESTED="$NPM/node_modules/.bin/opencode run" INTERRUPT="Escape Escape"
	ASKS=yes QUESTIONS=yes YES="allow once"
}

point_gemini() {
	export GEMINI_API_KEY=dummy-not-a-key GOOGLE_GEMINI_BASE_URL=$MODEL
	# without loop detection: it asks whether it shall go on where an answer repeats itself, as the printed screens do
	ALTERS=$'s/\u200b//; s/\u202e//' # takes out what nobody sees
	EXPANDS='*' # puts a file behind the message, and its name where @re stands: README, or now and then .gitignore
	local trust=', "folderTrust": {"enabled": false}'
	mkdir -p "$HOME/.gemini"
	cat >"$HOME/.gemini/settings.json" <<-J
		{"security": {"auth": {"selectedType": "gemini-api-key"}${REAL_FRESH:-$trust}},
		 "general": {"disableAutoUpdate": true, "enableAutoUpdate": false}, "model": {"disableLoopDetection": true},
		 "privacy": {"usageStatisticsEnabled": false}, "telemetry": {"enabled": false}}
	J
	QUEUES=yes NESTED="$NPM/node_modules/.bin/gemini -p"
	ASKS=yes QUESTIONS=yes YES="allow once" SUM_UP=/compress
}

point_qwen() {
	QUEUES=yes NESTED="$NPM/node_modules/.bin/qwen -p"
	export OPENAI_API_KEY=dummy-not-a-key OPENAI_BASE_URL=$MODEL/v1 OPENAI_MODEL=scripted
	mkdir -p "$HOME/.qwen"
	cat >"$HOME/.qwen/settings.json" <<-J
		{"security": {"auth": {"selectedType": "openai"}, "folderTrust": {"enabled": false}},
		 "general": {"disableAutoUpdate": true, "enableAutoUpdate": false}, "model": {"name": "scripted"},
		 "tools": {"approvalMode": "default"}, "privacy": {"usageStatisticsEnabled": false}, "telemetry": {"enabled": false}}
	J
	ASKS=yes SUM_UP=/compress CHANNEL=yes
}

point_copilot() {
	QUEUES=yes
	# of what is pasted; and at its end a backslash says that the line goes on
	ALTERS=$'s/\t/    /' ENDING=.
	export JOINS=yes # what is sent while it works joins the turn, and a notice of a tool's end may stand behind it
	export COPILOT_PROVIDER_BASE_URL=$MODEL/v1 COPILOT_PROVIDER_API_KEY=dummy-not-a-key
	export COPILOT_MODEL=scripted COPILOT_AUTO_UPDATE=false
	# else it has the conversation summed up after 13 messages of 22 KB
	export COPILOT_PROVIDER_MAX_PROMPT_TOKENS=100000000
	# it gives its shell no keys
	NESTED="env COPILOT_PROVIDER_BASE_URL=$MODEL/v1 COPILOT_PROVIDER_API_KEY=dummy-not-a-key COPILOT_MODEL=scripted copilot -p"
	mkdir -p "$HOME/.copilot"
	[ -n "${REAL_FRESH:-}" ] || echo '{"trustedFolders": ["'"$REPO"'"]}' >"$HOME/.copilot/config.json"
	INTERRUPT="Escape Escape"
	ASKS=yes
}

point_pi() {
	QUEUES=yes NESTED="$NPM/node_modules/.bin/pi -p"
	ALTERS=$'s/\t/    /' # of what is pasted
	export PI_OFFLINE=1
	mkdir -p "$HOME/.pi/agent"
	cat >"$HOME/.pi/agent/models.json" <<-J
		{"providers": {"scripted": {"baseUrl": "$MODEL/v1", "apiKey": "dummy-not-a-key",
		 "api": "openai-completions", "models": [{"id": "scripted"}]}}}
	J
	echo '{"defaultProvider": "scripted", "defaultModel": "scripted"}' >"$HOME/.pi/agent/settings.json"
}

# ---- what it tells, held against the truth (truth.mjs) ------------------------------------------------

LATE_MS=${LATE_MS:-1000}
watch_from_now() {
	node "$BATS_TEST_DIRNAME/truth.mjs" watch fe-1 "$BOX/told" 3>&- &
	WATCH_PID=$!
	wait_for 10 test -s "$BOX/told"
}
truth() { printf '{"at": %d, "truth": "%s"}\n' $((${EPOCHREALTIME/./} / 1000)) "$1" >>"$HEARD"; } # ACTIVITY
judge() { # ARGUMENTS of truth.mjs
	kill "$WATCH_PID"
	wait "$WATCH_PID" 2>/dev/null || true
	WATCH_PID=
	shown judge "$HEARD" "$BOX/told" "$LATE_MS" "$@"
}
# A person answers a dialog: presses until it is gone, since just opened it may not have heard.
press() { # KEYS…
	local tries
	for tries in 1 2 3; do
		tmux send-keys -t fe-1 "$@"
		wait_for 3 answered && return
	done
	echo "the dialog stays: $tries"
	return 1
}
answered() { ! is_now waiting_input; }
allow() { press Enter; }
# What is to be heard, in order; then whether it was.
sent() { jq -n --arg text "$1" '$text' >>"$BOX/sent"; } # TEXT
all_heard() { shown heard "$HEARD" "$BOX/sent"; }
as_many_heard() { [ "$(node "$BATS_TEST_DIRNAME/truth.mjs" count "$HEARD")" -ge "$(wc -l <"$BOX/sent")" ]; }
shown() { # ARGUMENTS of truth.mjs: its figures are printed also when all is well
	run node "$BATS_TEST_DIRNAME/truth.mjs" "$@"
	echo "$output"
	echo "$output" | grep '^#' >&3 || true # no state may have lasted long enough
	return "$status"
}
# ---- what is asked of it -----------------------------------------------------------------------------

is_now() { case $(fact fe-1 activity) in "$1") ;; *) return 1 ;; esac; }
# The activity is told within a second or so; what it took is printed. The bound is generous.
tells() { # ACTIVITY
	local from=${EPOCHREALTIME/./}
	wait_for "${2:-${PATIENCE:-60}}" is_now "$1" || return
	echo "# $1 after $(((${EPOCHREALTIME/./} - from) / 1000)) ms"
}
# What ao tells an agent whose turn its death cut off.
CONTINUE="[ao] You were ended while you were at work. Look at what is done already, then continue where it stopped."
# How often the model was told exactly this by the user.
heard_times() { node "$BATS_TEST_DIRNAME/truth.mjs" times "$HEARD" "$1"; } # TEXT
heard_some() { [ "$(heard_times "$1")" -ge 1 ]; }
heard_once() {
	wait_for "${PATIENCE:-20}" heard_some "$1" && [ "$(heard_times "$1")" = 1 ] && return
	echo "not heard once: $1"
	return 1
}
# The screen as the corpus of test/agents/screens keeps it, for whoever wants to add it there.
snap() { # NAME
	local to=$NPM/screens/$REAL_AGENT
	mkdir -p "$to"
	tmux capture-pane -p -e -t fe-1 >"$to/$1.ansi"
	tmux display-message -p -t fe-1 '#{pane_title}' >"$to/$1.title"
}
transcript() { tail -1 "$DATA/fe-1/conversations" | cut -d' ' -f3-; }
# The conversation is on disk, and what it takes to lose it. An agent that is asked over HTTP has no
# transcript; it told that it was ready, and keeps all in one folder.
transcript_says() { [ -n "${KEPT:-}" ] || grep -qF -- "$1" "$(transcript)"; }
lose_conversation() { rm -rf "${KEPT:-$(transcript)}"; }
show_all() {
	ao status --why fe-1
	tmux capture-pane -p -t fe-1 | grep -v '^ *$'
	cat "$DATA"/fe-1/{signals,conversations}
	tail -5 "$HEARD" | cut -c1-400
}
