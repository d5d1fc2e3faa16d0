#!/usr/bin/env bats
# tools/layers.sh refuses what it is there to refuse: a small tree, and each fault planted into it.

setup() {
	tree=$BATS_TEST_TMPDIR/tree
	script=$BATS_TEST_DIRNAME/../../tools/layers.sh
	mkdir -p "$tree"/src/{base,model,rule,store,slot,plugin,op,cmd,run} "$tree/build/obj/op"
	printf '/* Text. */\n#pragma once\n' | tee "$tree"/src/base/{buf,file,clock}.h \
		"$tree"/src/{model/nouns,rule/decide,store/store,slot/runtime,plugin/git,op/spawn}.h >/dev/null
	printf '#include "op/spawn.h"\n#include "rule/decide.h"\n\nint spawn(void);\n' >"$tree/src/op/spawn.c"
	printf '#include "model/nouns.h"\n#include "base/buf.h"\n' >"$tree/src/rule/decide.c"
}

refused() { # file:line and a word of the complaint
	run "$script" "$tree" build
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$1"* && $output == *"$2"* ]]
}

@test "a tree in order passes, also this one" {
	run "$script" "$tree" build
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "op does not know plugins" {
	echo '#include "plugin/git.h"' >>"$tree/src/op/spawn.c"
	refused src/op/spawn.c:5 'op may not include plugin/git.h'
}

@test "plugins do not know op, nor the store" {
	printf '#include "op/spawn.h"\n  # include "store/store.h"\n' >"$tree/src/plugin/git.c"
	refused src/plugin/git.c:1 'plugin may not include op/spawn.h'
	refused src/plugin/git.c:2 'plugin may not include store/store.h'
}

@test "base knows nobody" {
	echo '#include "model/nouns.h"' >"$tree/src/base/buf.c"
	refused src/base/buf.c:1 'base may not include'
}

@test "rule has no clock, no file and no system headers for them" {
	printf '#include "base/clock.h"\n#include <unistd.h>\n' >>"$tree/src/rule/decide.c"
	refused src/rule/decide.c:3 'may not include base/clock.h'
	refused src/rule/decide.c:4 'rule is pure'
}

@test "an include names its room" {
	printf '#include "spawn.h"\n#include "../op/spawn.h"\n' >"$tree/src/op/kill.c"
	refused src/op/kill.c:1 'name the room'
	refused src/op/kill.c:2 'name the room'
}

@test "an unknown room" {
	mkdir "$tree/src/util"
	echo 'int x;' >"$tree/src/util/x.c"
	refused src/util/x.c 'no such room'
}

@test "processes start in base/child.c alone" {
	local call n=0
	for call in 'fork()' 'vfork()' 'execvp(a, b)' 'posix_spawnp(&p, a, 0, 0, b, 0)' 'system ("ls")' \
		'popen("ls", "r")' 'syscall(SYS_clone3, 0)' 'execveat(1, "", a, b, 0)'; do
		printf 'int f(void)\n{\n\treturn %s;\n}\n' "$call" >"$tree/src/op/start.c"
		refused src/op/start.c:3 'starts a process'
		n=$((n + 1))
	done
	[ "$n" = 8 ]
	mv "$tree/src/op/start.c" "$tree/src/base/child.c"
	run "$script" "$tree" build
	[ "$status" -eq 0 ]
}

@test "words in comments, texts and other names start nothing" {
	printf '/* system("ls") and\n * fork() */\nconst char *s = "popen(x)"; // execv(a)\nint f(void)\n{\n\treturn child_fork(1) + r->system(2);\n}\n' \
		>"$tree/src/op/words.c"
	run "$script" "$tree" build
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a function of 61 lines, a file of 501, a header of 151 or without a word" {
	{ printf 'int f(void)\n{\n'; yes '	f();' | head -59; printf '}\n'; } >"$tree/src/op/long.c"
	refused src/op/long.c:2 'function of 61 lines'
	yes 'int f(void);' | head -501 >"$tree/src/op/long.c"
	refused src/op/long.c:500 'file of 501'
	{ printf '/* Text. */\n'; yes 'int f(void);' | head -150; } >"$tree/src/op/long.h"
	refused src/op/long.h:150 'header of 151'
	printf '#pragma once\n' >"$tree/src/op/mute.h"
	refused src/op/mute.h:1 'without an opening comment'
}

@test "state at file scope, but not tables" {
	printf 'static int count;\nint f(void)\n{\n\treturn ++count;\n}\nconst char *const t[] = { "a" };\n' \
		>"$tree/src/op/count.c"
	gcc -c -o "$tree/build/obj/op/count.o" "$tree/src/op/count.c"
	refused src/op/count.c 'state at file scope: count'
	printf 'int f(void)\n{\n\treturn 1;\n}\nextern const char *const t[];\nconst char *const t[] = { "a" };\n' \
		>"$tree/src/op/count.c"
	gcc -fPIE -c -o "$tree/build/obj/op/count.o" "$tree/src/op/count.c"
	run "$script" "$tree" build
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a linked system()" {
	printf '#include <stdlib.h>\nint main(void) { return system("true"); }\n' >"$tree/main.c"
	gcc -o "$tree/build/ao" "$tree/main.c"
	refused build/ao 'links system'
}

@test "a file that the map does not name" {
	printf '/*\n * base/    what C lacks\n *   buf file clock\n * rule/    decide*\n * op/      spawn\n *\n */\n' \
		>"$tree/src/main.c"
	run "$script" "$tree" build
	[ "$output" = "" ]
	printf 'int decided(void);\n' | tee "$tree/src/rule/decide_more.c" >"$tree/src/op/send.c"
	refused src/main.c:1 'the map lacks src/op/send.c'
	[[ $output != *decide_more* ]]
}
