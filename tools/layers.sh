#!/usr/bin/env bash
# layers.sh [TREE [BUILD]]: what a compiler cannot refuse but the design does (docs/why.md, CONTRIBUTING.md):
#   - an include against the table of rooms, or one that names no room
#   - starting a process anywhere but in src/base/child.c
#   - a clock, a file or a process in the pure rooms
#   - a file that the map in src/main.c does not name
#   - functions over 60 lines, files over 500, headers over 150 or without an opening comment
#   - state at file scope, but for a short list; and system or popen in what was linked
# One line for each offence, as FILE:LINE: what; fails where there is one.
set -uo pipefail
cd "${1:-.}" || exit 2
build=${2:-build}
offences=0

complain() {
	echo "$1"
	offences=$((offences + 1))
}

# What each room may include, itself always.
may_include() {
	case $1 in
	base) echo "" ;;
	model) echo "base" ;;
	rule) echo "model base" ;;
	store | slot) echo "base model" ;;
	plugin) echo "base model slot" ;;
	op) echo "base model rule store slot" ;;
	cmd) echo "base model op" ;;
	serve) echo "base model rule store" ;;
	run | pty | net) echo "base" ;;
	main) echo "base model rule store slot plugin op cmd" ;;
	*) return 1 ;;
	esac
}
# The part of base that touches nothing outside: all that the pure rooms may take.
pure_base=" mem buf vec err kv yaml valid tri hash guess "

room_of() {
	case $1 in
	src/*/*) f=${1#src/}; echo "${f%%/*}" ;;
	*) echo main ;;
	esac
}

includes() {
	local file=$1 room line text target allowed
	room=$(room_of "$file")
	if ! allowed=$(may_include "$room"); then
		complain "$file:1: no such room: $room"
		return
	fi
	while IFS=: read -r line text; do
		target=${text#*\"}
		target=${target%%\"*}
		case $target in
		../* | ./*) complain "$file:$line: include of $target: name the room" ; continue ;;
		*/*) ;;
		*) complain "$file:$line: include of $target: name the room" ; continue ;;
		esac
		case " $room $allowed " in
		*" ${target%%/*} "*) ;;
		*) complain "$file:$line: $room may not include $target" ; continue ;;
		esac
		if { [ "$room" = rule ] || [ "$room" = model ]; } && [ "${target%%/*}" = base ]; then
			target=${target#base/}
			case "$pure_base" in
			*" ${target%.h} "*) ;;
			*) complain "$file:$line: $room is pure and may not include base/$target" ;;
			esac
		fi
	done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file")
	if [ "$room" = rule ]; then
		while IFS=: read -r line text; do
			complain "$file:$line: rule is pure: ${text}"
		done < <(grep -nE '#[[:space:]]*include[[:space:]]*<(time|unistd|fcntl|stdio|signal|dirent|spawn|poll|sys/[a-z]*)\.h>' "$file")
	fi
}

# The file without comments and texts, line for line.
bare() {
	awk '
	{
		out = ""; n = length($0)
		for (i = 1; i <= n; i++) {
			ch = substr($0, i, 1); two = substr($0, i, 2)
			if (comment) { if (two == "*/") { comment = 0; i++ } continue }
			if (text != "") { if (ch == "\\") i++; else if (ch == text) text = ""; continue }
			if (two == "/*") { comment = 1; i++; continue }
			if (two == "//") break
			if (ch == "\"" || ch == "\047") { text = ch; out = out "\"\""; continue }
			out = out ch
		}
		text = ""
		print out
	}' "$1"
}

starts='(v?fork|_Fork|exec(l|le|lp|v|ve|vp|vpe|veat)|fexecve|posix_spawnp?|system|popen|clone3?|daemon)'
processes() {
	[ "$1" = src/base/child.c ] && return
	while IFS=: read -r line text; do
		complain "$1:$line: starts a process outside base/child.c: ${text#"${text%%[![:space:]]*}"}"
	done < <(bare "$1" | grep -nE "(^|[^A-Za-z0-9_.>])${starts}[[:space:]]*\(|SYS_(v?fork|clone3?|execve(at)?)")
}

# clang-format keeps a function's braces in column 0, and nothing else's.
sizes() {
	local lines
	while IFS=: read -r line text; do
		complain "$1:$line: $text"
	done < <(awk '/^\{/ { open = NR } /^\}[[:space:]]*$/ && open {
		if (NR - open + 1 > 60) print open ":function of " NR - open + 1 " lines (60)"; open = 0 }' "$1")
	lines=$(wc -l <"$1")
	case $1 in
	*.h) [ "$lines" -le 150 ] || complain "$1:150: header of $lines lines (150)"
		head -c 2 "$1" | grep -q '^/[*/]' || complain "$1:1: header without an opening comment" ;;
	*) [ "$lines" -le 500 ] || complain "$1:500: file of $lines lines (500)" ;;
	esac
}

# Each room's files by name or pattern; commands stand in commands.def.
mapped() {
	local room=$1 name=$2 word
	grep -qx "COMMAND($name)" "src/$room/commands.def" 2>/dev/null && return
	while read -r word; do
		# shellcheck disable=SC2053 # a pattern
		[[ $name == $word ]] && return
	done < <(sed -n "/^ \* $room\//,/^ \*\( [a-z]*\/ \|\$\)/p" src/main.c | sed 's/^ \*//' | tr -cs 'a-z0-9_*\n' '\n')
	return 1
}
map() {
	local file room name
	while IFS=/ read -r _ room name; do
		mapped "$room" "${name%.c}" || complain "src/main.c:1: the map lacks src/$room/$name"
	done < <(find src -mindepth 2 -name '*.c' | sort)
}

# Caches and flags that belong to the process, each on purpose.
known_state() {
	case $1 in
	base/stop:* | base/path:* | base/clock:* | base/run:* | base/err:*) true ;;
	base/term:* | run/main:*) true ;;
	*) false ;;
	esac
}
state() {
	local object name symbol
	while read -r object symbol; do
		name=${object#"$build"/obj/}
		known_state "${name%.o}:$symbol" ||
			complain "src/${name%.o}.c:1: state at file scope: $symbol"
	done < <(find "$build/obj" -name '*.o' 2>/dev/null | sort | while read -r object; do
		source=${object#"$build"/obj/}
		[ -e "src/${source%.o}.c" ] || continue # of a file that is gone
		objdump -t "$object" | awk -v o="$object" \
			'NF >= 5 && $(NF-2) ~ /^\.(data|bss)/ && $(NF-2) !~ /rel\.ro/ && $0 ~ / O / { print o, $NF }'
	done)
}
linked() {
	local binary
	for binary in "$build/ao" "$build/ao-run" "$build/ao-pty" "$build/ao-serve" "$build/ao-http"; do
		[ -e "$binary" ] || continue
		while read -r symbol; do
			complain "$binary:1: links $symbol"
		done < <(nm -u "$binary" | awk '{ print $NF }' | sed 's/@.*//' | grep -xE 'system|popen|tmpnam|mktemp|gets')
	done
}

while read -r file; do
	includes "$file"
	processes "$file"
	sizes "$file"
done < <(find src -name '*.[ch]' | sort)
[ ! -e src/main.c ] || map
state
linked
[ "$offences" = 0 ]
