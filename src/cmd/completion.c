#include "cmd/complete.h"
#include "cmd/face.h"

/* The scripts know no command: they ask ao at each Tab, and so never fall behind it. */
static const struct {
	const char *shell, *script;
} scripts[] = {
	{ "bash",
		"# Completion of ao for bash. In ~/.bashrc: eval \"$(ao completion bash)\"\n"
		"_ao() {\n"
		"\tlocal line\n"
		"\tCOMPREPLY=()\n"
		"\twhile IFS= read -r line; do\n"
		"\t\tif [ \"$line\" = " COMPLETE_FILES " ]; then\n"
		"\t\t\tcompopt -o default\n"
		"\t\telse\n"
		"\t\t\tCOMPREPLY+=(\"${line%%$'\\t'*}\")\n"
		"\t\tfi\n"
		"\tdone < <(command ao " COMPLETE_WORD
		" \"${COMP_WORDS[@]:1:COMP_CWORD-1}\" \"$2\" 2>/dev/null)\n"
		"}\n"
		"complete -F _ao ao\n" },
	{ "zsh",
		"#compdef ao\n"
		"# Completion of ao for zsh. In ~/.zshrc, behind compinit: source <(ao completion "
		"zsh);\n"
		"# or as a file _ao in a folder of $fpath.\n"
		"_ao() {\n"
		"\tlocal line what\n"
		"\tlocal -a found\n"
		"\twhile IFS= read -r line; do\n"
		"\t\tif [[ $line = " COMPLETE_FILES " ]]; then\n"
		"\t\t\tcompset -P '--*='\n"
		"\t\t\t_files\n"
		"\t\t\treturn\n"
		"\t\tfi\n"
		"\t\twhat=${line#*$'\\t'}\n"
		"\t\t[[ $what = $line ]] && found+=(\"${line//:/\\\\:}\") ||\n"
		"\t\t\tfound+=(\"${${line%%$'\\t'*}//:/\\\\:}:$what\")\n"
		"\tdone < <(command ao " COMPLETE_WORD
		" \"${(@)words[2,CURRENT-1]}\" \"$PREFIX\" 2>/dev/null)\n"
		"\t(( $#found )) && _describe ao found\n"
		"}\n"
		"if [[ ${funcstack[1]} = _ao ]]; then _ao \"$@\"; else compdef _ao ao; fi\n" },
	{ "fish",
		"# Completion of ao for fish. As ~/.config/fish/completions/ao.fish, or:\n"
		"# ao completion fish | source\n"
		"function __ao_complete\n"
		"\tset -l words (commandline -opc)\n"
		"\tset -e words[1]\n"
		"\tset -l current (commandline -ct)\n"
		"\tset -l found (command ao " COMPLETE_WORD " $words \"$current\" 2>/dev/null)\n"
		"\tif test \"$found[1]\" = " COMPLETE_FILES "\n"
		"\t\t__fish_complete_path \"$current\"\n"
		"\telse if set -q found[1]\n"
		"\t\tprintf '%s\\n' $found\n"
		"\tend\n"
		"end\n"
		"complete -c ao -f -k -a '(__ao_complete)'\n" },
};

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	(void)w;
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		if (!str_equal(scripts[i].shell, args_word(a, 0)))
			continue;
		/* a program's text, not a message: no byte of it may be changed on its way */
		fputs(scripts[i].script, f->out);
		return NULL;
	}
	return fail(
		ERR_USAGE, "no completion for '%s': there is bash, zsh and fish", args_word(a, 0));
}

const struct command cmd_completion = {
	.name = "completion",
	.words = "<bash|zsh|fish>",
	.min = 1,
	.max = 1,
	.summary = "print a script that completes ao's commands in a shell",
	.example = "eval \"$(ao completion bash)\"",
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
