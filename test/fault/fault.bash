# shellcheck shell=bash
# The ground that the fault tests stand on: small homes that are made once and copied for each point,
# and the checker, which knows what must hold after any crash and one `ao doctor --fix`.

fault_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
AO_BUILD=${AO_BUILD:-$fault_root/build}
# shellcheck disable=SC2034 # for those who source this
REAL_AO=$AO_BUILD/ao
for name in $(compgen -e | grep -E '^(AO_|GIT_|TMUX|XDG_|STANDIN)'); do
	[ "$name" = AO_BUILD ] || unset "$name"
done
unset BOX
export LC_ALL=C.UTF-8 TERM=xterm-256color GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org
export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z'

# A place of its own, where everything lies: home, tmux socket, logs. Sets HOME and the rest.
place() { # DIR
	BOX=$1
	export BOX HOME=$BOX/home TMUX_TMPDIR=$BOX/t STANDIN_LOG=$BOX/home/log
	export PATH=$AO_BUILD:$AO_BUILD/test/agents:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin
	DATA=$HOME/.agent-orchestrator/sessions/box
	TREES=$HOME/.worktrees
	REPO=$HOME/code/app
	mkdir -p "$BOX/t"
	chmod 700 "$BOX/t"
}

# A home with one project and nothing else.
plant_home() { # AGENT-COMMAND as YAML list items [WORKSPACE]
	mkdir -p "$REPO" "$STANDIN_LOG"
	git init -q --template= -b main "$REPO"
	echo one >"$REPO/README"
	git -C "$REPO" add -A
	git -C "$REPO" commit -q -m first
	cat >"$HOME/.agent-orchestrator.yaml" <<-Y
		name: box
		limits: {maxSessions: 1000, freeMemory: 0, freeDisk: 0}
		defaults: {agent: standin, workspace: ${2:-worktree}}
		agents:
		  standin: {command: [$1, "{prompt}"], process: standin, send: {clear: [C-u], queue: true}}
		projects:
		  app: {path: $REPO, sessionPrefix: fe, defaultBranch: main, ports: 2}
	Y
}
renew() { # FIXTURE
	rm -rf "$HOME" && cp -a "$BOX/$1" "$HOME"
	rm -f "$HOME/log/checks" # those have ended, and their numbers are given to others
}
# fe-1's agent reports EVENT, behind its first AFTER reports.
reported() { # EVENT [AFTER]
	local i
	for i in $(seq 1000); do
		tail -n "+$((${2:-0} + 1))" "$DATA/fe-1/signals" 2>/dev/null | grep -q " $1 " && return 0
		sleep 0.02
	done
	echo "the stand-in reported no $1" >&2
	return 1
}
# Restores fe-1 until it reports EVENT: what the fixture's agent said long ago is not taken for it.
revive() { # EVENT
	local had
	had=$(wc -l <"$DATA/fe-1/signals") && "$REAL_AO" session restore fe-1 >/dev/null 2>&1 && reported "$1" "$had"
}
plant_work() { # SESSION: work that nobody but its worktree has
	echo "precious words" >"$TREES/$1/precious"
	echo "more" >>"$TREES/$1/README"
}

# Without a place, HOME is that of whoever runs this: nothing of his is ended.
ours() { [ -z "${BOX:-}" ] || grep -lzxF "HOME=$HOME" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
# What a point left of ao, not what this script runs itself (all inherit our HOME): by name, or an orphan.
survivors() {
	local pid name stat
	for pid in $(ours); do
		read -r name 2>/dev/null <"/proc/$pid/comm" || continue
		case $name in
		ao | ao-run | tmux* | standin | git*) echo "$pid" ;;
		*)
			read -r stat 2>/dev/null <"/proc/$pid/stat" || continue
			stat=${stat##*) }
			[ "$(echo "$stat" | cut -d' ' -f2)" != 1 ] || echo "$pid" ;;
		esac
	done
}
settle_down() { # end all that a point left, and wait until it is gone
	local i
	[ -n "${BOX:-}" ] || return 0
	tmux kill-server 2>/dev/null
	for i in $(seq 1500); do
		[ -z "$(survivors)" ] && return 0
		# shellcheck disable=SC2046 # numbers
		[ "$i" = 40 ] && kill -9 $(survivors) 2>/dev/null
		sleep 0.02
	done
	return 1
}
quiet() { # wait until no git or ao that a point started is at work any more
	local i pid name busy
	for i in $(seq 2000); do
		busy=''
		for pid in $(ours); do
			read -r name 2>/dev/null <"/proc/$pid/comm" || continue
			case $name in git* | ao) busy=yes ;; esac
		done
		[ -z "$busy" ] && return 0
		sleep 0.02
	done
	return 1
}

field() { sed -n "s/^$2=//p" "$DATA/$1/metadata" 2>/dev/null; }

# The record's fields into the caller's `fields`; fails where it does not end in a line's end.
declare -A fields
read_record() {
	local key value
	fields=()
	while IFS='=' read -r key value; do
		[ -z "$key" ] || fields[$key]=$value
	done <"$1"
	[ -z "$key" ]
}

# What must hold after doctor --fix. Prints what does not; $1 is the file of planted work to look for, or "-".
check() {
	local planted=$1 record id folder trees dirs sessions live expected found kept ref pid name
	expected='' live=''
	for folder in "$DATA"/*/; do
		[ -d "$folder" ] || continue
		folder=${folder%/}
		id=${folder##*/}
		record=$folder/metadata
		if [ ! -e "$record" ]; then
			echo "half-made session $id is left"
			continue
		fi
		if ! read_record "$record" || [ "${fields[id]-}" != "$id" ] || [ -z "${fields[projectId]-}" ] ||
			[[ ! ${fields[status]--} =~ ^[a-z_]*$ ]]; then
			echo "torn record of $id"
		fi
		[ -z "${fields[doing]-}" ] || echo "doing=${fields[doing]}: $id is left half done"
		# one that was killed or taken back keeps the name of what it had, for undelete
		found=${fields[worktree]-}
		if [ "${fields[workspace]-}" = main ]; then # the main checkout: nobody takes it away
			found=''
			[ -d "$REPO/.git" ] && [ -z "$(git -C "$REPO" status --porcelain)" ] || echo "LOST: the main checkout is not as it was"
		fi
		case ${fields[status]-} in
		killed | errored | queued) [ ! -d "$found" ] || expected+="$found"$'\n' ;;
		*) [ -z "$found" ] || expected+="$found"$'\n' ;;
		esac
		kept=${fields[kept]-}
		[ ! -d "${kept:-/nowhere}" ] || expected+="$kept"$'\n'
		[ "${fields[status]-}" != killed ] || [ ! -d "$found" ] || [ -n "$kept" ] ||
			echo "$id is killed, and its worktree is there"
		[ -e "$folder/launch" ] && echo "$id: launch (environment) is left"
	done
	# git's own list of worktrees, and the clones
	trees=$({
		git -C "$REPO" worktree list --porcelain | sed -n 's/^worktree //p' | grep -vxF "$REPO"
		find "$TREES" -mindepth 2 -maxdepth 2 -type d -name .git -printf '%h\n' 2>/dev/null
	} | sort)
	dirs=$(find "$TREES" -mindepth 1 -maxdepth 1 2>/dev/null | sort)
	expected=$(printf '%s' "$expected" | sort)
	[ "$trees" = "$expected" ] || echo "worktrees in git: ${trees:-none}; in records: ${expected:-none}"
	[ "$dirs" = "$expected" ] || echo "folders: ${dirs:-none}; in records: ${expected:-none}"

	sessions=$(tmux list-sessions -F '#S' 2>/dev/null | sort)
	for id in $sessions; do
		[ -e "$DATA/$id/metadata" ] || { echo "tmux session $id without a record"; continue; }
		read_record "$DATA/$id/metadata"
		[ "${fields[status]-}" != killed ] || echo "tmux session of the killed $id"
		[ -n "${fields[runtimeHandle]-}" ] || echo "$id runs, and its record does not know"
	done
	# every supervisor has a tmux session, hence a record
	live=$(for pid in $(ours); do
		read -r name 2>/dev/null <"/proc/$pid/comm" && [ "$name" = ao-run ] && tr '\0' '\n' <"/proc/$pid/cmdline" | tail -1
	done | sed 's|.*/||' | sort)
	[ "$live" = "$sessions" ] || echo "supervisors: ${live:-none}; tmux sessions: ${sessions:-none}"

	# who has ports has a worktree, and the other way round
	found=$(sed -n "s|^[0-9]*=$DATA/||p" "$HOME/.agent-orchestrator/ports" 2>/dev/null | sort)
	live=$(for id in $(sed -n "s|^$TREES/\(fe-[0-9]*\)$|\1|p" <<<"$trees"); do
		printf '%s\n%s\n' "$id" "$id"
	done | sort)
	[ "$found" = "$live" ] || echo "ports of: ${found:-none}; worktrees: ${live:-none}"

	if [ -e "$DATA/events.jsonl" ] && ! ao events verify >"$BOX/verify" 2>&1; then
		grep -qi torn "$BOX/verify" && ! grep -qiE '[1-9][0-9]* (gap|double|broken)' "$BOX/verify" ||
			echo "events: $(tail -1 "$BOX/verify")"
	fi
	if [ "$planted" != - ]; then
		found=''
		for ref in "$TREES/fe-1/precious" "$TREES"/fe-1.kept-*/precious; do
			[ "$(cat "$ref" 2>/dev/null)" = "precious words" ] && found=yes
		done
		for ref in $(git -C "$REPO" for-each-ref --format='%(refname)' refs/ao/trash); do
			[ "$(git -C "$REPO" show "$ref:precious" 2>/dev/null)" = "precious words" ] && found=yes
		done
		[ -n "$found" ] || echo "LOST: the planted work is nowhere"
	fi
	ao session ls --json >"$BOX/ls.json" 2>"$BOX/ls.err" || echo "session ls: $(tail -1 "$BOX/ls.err")"
	[[ $(<"$BOX/ls.json") == "["*"]" ]] || echo "session ls --json: not an array" # jq takes longer than all of ao
	return 0
}
