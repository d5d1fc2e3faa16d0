# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats's
# A box for each test: a home, a git identity, a tmux server and a PATH of its own, two projects
# (frontend: fe, backend: api) and a stand-in agent. What a test leaves running fails it.
bats_require_minimum_version 1.5.0

setup() { box_open; }
teardown() { box_close; }

box_open() {
	local root name
	disown -a # the watchdog of bats is no job that a test waits for
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	AO_BUILD=${AO_BUILD:-$root/build}
	BOX=$(mktemp -d "${TMPDIR:-/tmp}/aob.XXXXXX")
	for name in $(compgen -e | grep -E '^(AO_|GIT_|TMUX|XDG_|STANDIN)'); do
		[ "$name" = AO_BUILD ] || unset "$name"
	done
	export AO_BUILD BOX HOME=$BOX/home TMUX_TMPDIR=$BOX/t STANDIN_LOG=$BOX/log TERM=xterm-256color
	export PATH=$AO_BUILD:$AO_BUILD/test/agents:$PATH LC_ALL=C.UTF-8
	export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org GIT_CONFIG_NOSYSTEM=1
	export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org
	export ASAN_OPTIONS=log_path=$BOX/sanitizer UBSAN_OPTIONS=log_path=$BOX/sanitizer:print_stacktrace=1
	unset NO_COLOR AO_SESSION DBUS_SESSION_BUS_ADDRESS
	export XDG_RUNTIME_DIR=$BOX # no notice of a test reaches the desktop that it runs on
	mkdir -p "$HOME/code" "$TMUX_TMPDIR" "$STANDIN_LOG"
	chmod 700 "$TMUX_TMPDIR"
	# shellcheck disable=SC2034 # a turn that lasts until the test touches go
	HELD="run: until test -e $BOX/go; do sleep 0.05; done"
	DATA=$HOME/.agent-orchestrator/sessions/box
	TREES=$HOME/.worktrees
	REPO=$HOME/code/frontend
	CONFIG=$HOME/.agent-orchestrator.yaml
	make_repo "$REPO"
	make_repo "$HOME/code/backend"
	AGENT="standin --turn-ms 50"
	box_config
	cd "$HOME" || return 1
}

box_close() {
	local left='' rc=0 log
	tmux kill-server 2>/dev/null
	[ -d "$TMUX_TMPDIR" ] && find "$TMUX_TMPDIR" -type s | while read -r socket; do
		tmux -S "$socket" kill-server 2>/dev/null
	done
	wait_for 60 nothing_runs || true
	left=$(survivors)
	if [ -n "$left" ]; then
		echo "# outlived the test:"
		ps -o pid,ppid,stat,args -p "$(echo "$left" | paste -sd,)" || true
		# shellcheck disable=SC2086 # a list of numbers
		kill -9 $left 2>/dev/null
		rc=1
	fi
	for log in "$BOX"/sanitizer.*; do
		# the leak check of a process that was killed meanwhile says this one line
		[ -e "$log" ] && grep -v 'Unable to get registers from thread' "$log" && rc=1
	done
	cd /
	[ -n "${KEEP_BOX:-}" ] || rm -rf "$BOX"
	return $rc
}

# A person's terminal beside: COMMAND runs in it until its screen shows TEXT.
on_screen() { # COMMAND TEXT
	tmux -L person -f /dev/null new-session -d -x 100 -y 30 "$1"
	wait_for 10 screen_shows "$2"
}
screen_shows() { tmux -L person capture-pane -p 2>/dev/null | grep -qF -- "$1"; }

# Processes whose environment says this home; zombies have none. In a pipeline the other side is one.
survivors() {
	local files
	files=$(HOME=/ grep -lsxzF "HOME=$BOX/home" /proc/[0-9]*/environ) || true # some end meanwhile
	[ -z "$files" ] || echo "${files//[!0-9$'\n']/}"
}
nothing_runs() { [ -z "$(survivors)" ]; }

make_repo() { # PATH
	git init -q -b main "$1"
	printf 'one\n' >"$1/README"
	printf '*.o\nnode_modules/\n' >"$1/.gitignore"
	mkdir "$1/src"
	printf 'int main(void) { return 0; }\n' >"$1/src/main.c"
	git -C "$1" add -A
	git -C "$1" commit -q -m first
}

# The config of the box. AGENT is the agent's command line; on standard input comes more at the top
# level, in FRONTEND more keys of that project.
box_config() {
	local words
	# shellcheck disable=SC2086 # a list of words
	words=$(printf '"%s", ' $AGENT)
	# an option right before an empty {prompt} goes with it, so none stands there
	case $AGENT in standin*) words+='"--start-ms", "0", ' ;; esac
	{
		cat <<-Y
			name: box
			defaults: {agent: standin}
			agents:
			  standin:
			    command: [$words"{prompt}"]
			    process: standin
			    send: {clear: [C-u], interrupt: [Escape], queue: true, commandChars: "/!", box: '^>( |\$)', chip: '\[Pasted text'}
			projects:
			  frontend:
			    name: Frontend
			    path: $REPO
			    sessionPrefix: fe
			    defaultBranch: main
		Y
		[ -z "${FRONTEND:-}" ] || printf '%s\n' "$FRONTEND" | sed 's/^/    /'
		cat <<-Y
			  backend:
			    name: Backend
			    path: $HOME/code/backend
			    sessionPrefix: api
			    defaultBranch: main
		Y
		[ -z "${EXTRA:-}" ] || printf '%s\n' "$EXTRA"
	} >"$CONFIG"
}

# Wait until COMMAND succeeds, at most SECONDS, and no less than a minute: a busy machine may take ten
# times as long, and only what never comes takes it all.
wait_for() { # SECONDS COMMAND…
	local end=$((SECONDS + ($1 > 60 ? $1 : 60)))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			echo "waited in vain for: $*"
			return 1
		fi
		sleep 0.05
	done
}

# Run, show what came, check the exit code.
expect() { # STATUS COMMAND…
	local want=$1
	shift
	[ "$1" != ao ] || set -- timeout -k 5 100 "$@" # nothing may hang
	run --separate-stderr "$@"
	echo "\$ $* -> $status"
	printf '%s\n' "$output"
	printf 'err: %s\n' "$stderr"
	[ "$status" -eq "$want" ]
}
has() { [[ $output == *"$1"* ]] || { echo "output lacks: $1"; return 1; }; }
lacks() { [[ $output != *"$1"* ]] || { echo "output has: $1"; return 1; }; }
errs() { [[ $stderr == *"$1"* ]] || { echo "stderr lacks: $1"; return 1; }; }

# LeakSanitizer needs ptrace for itself: what is traced goes without it.
strace() { ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 command strace "$@"; }

field() { sed -n "s/^$2=//p" "$DATA/$1/metadata"; }              # SESSION KEY
fact() { ao session ls -a --json | jq -r ".[] | select(.name == \"$1\") | .$2"; } # SESSION KEY
is() { [ "$(fact "$1" "$2")" = "$3" ]; }                          # SESSION KEY VALUE
ready() { wait_for "${2:-10}" is_ready "$1"; }
is_ready() { case $(fact "$1" activity) in ready | idle) ;; *) return 1 ;; esac; }
in_tmux() { tmux has-session -t "=$1" 2>/dev/null; }
gone_from_tmux() { ! in_tmux "$1"; }
messages() { # SESSION: how many the agent took
	local n
	n=$(grep -cE '^MSG [0-9]+$' "$STANDIN_LOG/$1.log" 2>/dev/null) || true
	echo "${n:-0}"
}
last_message() { # SESSION: the bytes of the last one that became a turn
	local at head
	IFS=: read -r at head < <(grep -abE '^MSG [0-9]+$' "$STANDIN_LOG/$1.log" | tail -1)
	tail -c +$((at + ${#head} + 2)) "$STANDIN_LOG/$1.log" | head -c "${head#MSG }"
}
took() { [ "$(messages "$1")" = "$2" ]; }
heard() { grep -qF -- "$2" "$STANDIN_LOG/$1.log"; } # SESSION TEXT

# A session that is ready, without words from us.
spawn() { # ARGUMENTS of ao spawn
	local id
	ao spawn "$@" >"$BOX/spawn.out" || return
	id=$(sed -nE 's/^✓ Session ([^ ]+) spawned.*/\1/p' "$BOX/spawn.out")
	ready "$id"
}
# All that is durable: a name, size and content of each file, and tmux's view.
picture() {
	find "$HOME/.agent-orchestrator" "$TREES" -type f ! -name signals ! -path '*/index' -print0 2>/dev/null | sort -z |
		xargs -0 -r md5sum
	git -C "$REPO" for-each-ref
	tmux list-sessions -F '#S #{session_id} #{session_windows}' 2>/dev/null
}
trash() { git -C "${2:-$REPO}" for-each-ref --format='%(refname)' "refs/ao/trash/$1"; }
# The product page's own screen of 'ao status', but for the ages.
page_screen() {
	cat <<-'Y'
		AGENT ORCHESTRATOR STATUS

		Frontend:
		  Session        Branch                  PR    CI     Rev   Thr  Activity  Age
		  ─────────────────────────────────────────────────────────────────────────────
		  fe-1           feat/add-login          #42   ✓      ✓     0    active    AGE
		                 Implementing OAuth login flow with session management
		  fe-2           feat/dashboard          #43   ⋯      ⋯     2    ready     AGE
		                 Dashboard UI components with charts

		Backend:
		  Session        Branch                  PR    CI     Rev   Thr  Activity  Age
		  ─────────────────────────────────────────────────────────────────────────────
		  api-1          fix/auth-bug            #15   ✗      △     0    active    AGE
		                 Fixing JWT token validation

		  3 active sessions across 2 projects
	Y
}
