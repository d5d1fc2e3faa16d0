# ao: `make demo` and `make test` do everything on a fresh Debian machine. `make help` lists the rest.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
ZSH_FUNCTIONS ?= share/zsh/site-functions
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
SAN ?=
BUILD ?= build$(if $(SAN),/san)$(if $(findstring clang,$(CC)),/clang)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings \
	-Wundef -Wformat=2 -Wimplicit-fallthrough -Werror
# CFLAGS, CPPFLAGS and LDFLAGS are the builder's (dpkg-buildflags sets all three) and come last
CFLAGS ?= $(if $(SAN),-O1,-O2) -g
ifdef SAN
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ao_cflags = -std=gnu17 $(WARN) -Isrc $(SANITIZE) $(CFLAGS)
ao_defines = -D_GNU_SOURCE -DAO_VERSION='"$(VERSION)"'
ao_cppflags = $(ao_defines) -MMD -MP $(CPPFLAGS)
LDLIBS := -ljansson -lyaml -Wl,--as-needed -lmd

rooms := base model rule store slot plugin op cmd
sources := $(foreach r,$(rooms),$(wildcard src/$(r)/*.c))
objects := $(sources:src/%.c=$(BUILD)/obj/%.o)
base_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/base/*.c))
run_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/run/*.c))
serve_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/serve/*.c))
# all that the daemon may know: what acts, or asks a plugin, is an ao that it starts
thinking_objects := $(foreach r,base model rule store,$(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/$r/*.c)))
pty_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/pty/*.c))
net_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/net/*.c))
unit_tests := $(patsubst test/unit/%.c,$(BUILD)/test/unit/%,$(wildcard test/unit/*.c))
stand_ins := $(patsubst test/agents/%.c,$(BUILD)/test/agents/%,$(wildcard test/agents/*.c))
pages := $(patsubst man/%.scd,$(BUILD)/man/%,$(wildcard man/*.scd))
completions := $(addprefix $(BUILD)/completion/,bash zsh fish)

.DELETE_ON_ERROR:
.PHONY: all
all: $(BUILD)/ao $(BUILD)/ao-run $(BUILD)/ao-pty $(BUILD)/ao-serve $(BUILD)/ao-http $(pages) $(completions)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(ao_cppflags) $(ao_cflags) -c -o $@ $<

# it has the documents in it
$(BUILD)/obj/plugin/github_ask.o: $(wildcard share/graphql/*.graphql)
$(BUILD)/obj/plugin/scm_gitlab_query.o: $(wildcard share/graphql/gitlab/*.graphql)
$(BUILD)/obj/plugin/tracker_linear.o: $(wildcard share/graphql/linear/*.graphql)

$(BUILD)/libao.a: $(objects)
	@rm -f $@
	ar rcs $@ $(objects)

$(BUILD)/libbase.a: $(base_objects)
	@rm -f $@
	ar rcs $@ $(base_objects)

$(BUILD)/ao: $(BUILD)/obj/main.o $(BUILD)/libao.a
	$(CC) $(ao_cflags) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# ao-run lives in every pane, ao-pty where there is none: only what they need of base, and no library
$(BUILD)/ao-run: $(run_objects) $(BUILD)/libbase.a $(if $(SAN),test/sanitizer/ao_run.c)
	$(CC) $(ao_cflags) $(LDFLAGS) -o $@ $^

$(BUILD)/ao-pty: $(pty_objects) $(BUILD)/libbase.a
	$(CC) $(ao_cflags) $(LDFLAGS) -o $@ $^

$(BUILD)/libthinking.a: $(thinking_objects)
	@rm -f $@
	ar rcs $@ $(thinking_objects)

$(BUILD)/ao-serve: $(serve_objects) $(BUILD)/libthinking.a
	$(CC) $(ao_cflags) $(LDFLAGS) -o $@ $^ $(LDLIBS) -luv

# the network library costs 14 ms at each start: only this one has it
$(BUILD)/ao-http: $(net_objects) $(BUILD)/libbase.a
	$(CC) $(ao_cflags) $(LDFLAGS) -o $@ $^ -lcurl -ljansson

$(BUILD)/test/unit/%: test/unit/%.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(ao_cppflags) $(ao_cflags) -Itest -o $@ $< $(BUILD)/libao.a $(LDLIBS) -lcmocka

$(BUILD)/test/contract/%: test/contract/%.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(ao_cppflags) $(ao_cflags) -Itest -o $@ $< $(BUILD)/libao.a $(LDLIBS) -lcmocka

# A fuzz target twice: as a replayer of its corpus for every compiler, and with libFuzzer for clang.
$(BUILD)/test/fuzz/%: test/fuzz/%.c test/fuzz/replay.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(ao_cppflags) $(ao_cflags) -MF $@.d -Itest -o $@ $< test/fuzz/replay.c $(BUILD)/libao.a $(LDLIBS)

build/fuzz/%: test/fuzz/%.c $(sources) $(wildcard src/*/*.h) Makefile
	@mkdir -p $(@D)
	clang $(ao_defines) -std=gnu17 -g -O1 -Isrc -Itest \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $< $(sources) $(LDLIBS)

# Stand-ins that the tests start: programs of their own, no part of ao.
$(BUILD)/test/agents/%: test/agents/%.c test/agents/terminal.h Makefile
	@mkdir -p $(@D)
	$(CC) $(ao_cppflags) $(ao_cflags) -MF $@.d -o $@ $<

$(BUILD)/test/fault/%.so: test/fault/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ao_defines) -std=gnu17 -O2 -g $(WARN) -shared -fPIC -o $@ $< -ldl

$(BUILD)/bench/reports: bench/reports.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(ao_cppflags) $(ao_cflags) -MF $@.d -o $@ $< $(BUILD)/libao.a $(LDLIBS)

$(BUILD)/bench/%: bench/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ao_defines) -std=gnu17 -O2 -g $(WARN) -o $@ $<

$(BUILD)/test/unit/serve_daemon: | $(BUILD)/ao-serve $(BUILD)/ao

$(BUILD)/test/unit/run_ao_run $(BUILD)/test/unit/plugin_runtime_tmux $(BUILD)/test/contract/runtime: | \
	$(BUILD)/ao-run $(BUILD)/ao-pty $(stand_ins)
$(BUILD)/test/unit/net_ao_http $(BUILD)/test/unit/plugin_notifier_http: | $(BUILD)/ao-http

$(BUILD)/man/%: man/%.scd
	@mkdir -p $(@D)
	scdoc <$< >$@

$(BUILD)/completion/%: $(BUILD)/ao
	@mkdir -p $(@D)
	@$< completion $* >$@

# Everything below is for people and for CI.

contract_tests := $(patsubst test/contract/%.c,$(BUILD)/test/contract/%,$(wildcard test/contract/*.c))
fuzz_names := $(filter-out replay,$(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/*.c)))
replays := $(fuzz_names:%=$(BUILD)/test/fuzz/%)
shims := $(patsubst test/fault/%.c,$(BUILD)/test/fault/%.so,$(wildcard test/fault/*.c))
timers := $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/*.c))
test_programs := $(unit_tests) $(contract_tests) $(replays) $(stand_ins) $(shims)

.PHONY: programs deps ready lint test test-sanitized test-hostile test-unit test-contract test-cli test-faults test-agents \
	test-live fakes fuzz bench demo install uninstall deb clean help
programs: all $(test_programs)

deps:
	@tools/deps.sh all

# What is missing is installed before the first compile, hence the second make.
ready:
	@tools/deps.sh --check $(NEEDS) || tools/deps.sh $(NEEDS)

test: NEEDS = build test
test: ready
	@$(MAKE) --no-print-directory programs fakes
	@test/run $(BUILD) faults house unit cli fuzz contract

# everything but the sweep, which needs ptrace for itself
test-sanitized: programs fakes
	@test/run $(BUILD) unit cli fuzz contract
# the part of it that CI has time for: the units, and what reads what agents, forges and people wrote
hostile := hostile hook config send events issue review status agent golden notify process
test-hostile: programs fakes
	@test/run $(BUILD) unit $(hostile:%=cli:%) fuzz contract

test-unit: $(unit_tests) $(contract_tests) $(replays)
	@test/run $(BUILD) unit fuzz contract
test-contract: $(contract_tests)
	@test/run $(BUILD) contract
test-cli: programs fakes
	@test/run $(BUILD) cli
test-faults: programs
	@test/run $(BUILD) faults
# What the fake forges need of npm; where it is out of reach the tests that want it are skipped.
fakes:
	@test/fake/install.sh
# The real agents, from npm, against a scripted model; no part of `make test`. AGENTS="claude-code …" SENDS=50
test-agents: programs
	@test/agents/real/run.sh $(BUILD) $(AGENTS)

# GitHub, or GitLab, itself, by the user's own token, reading only; no part of `make test`.
live := $(if $(AO_LIVE_PROJECT),gitlab.mjs share/graphql/gitlab,github.mjs share/graphql)
test-live: fakes
	@node --preserve-symlinks --preserve-symlinks-main build/fakes/test/live/$(live)

lint:
	@tools/lint.sh $(BUILD)

FUZZ_SECONDS ?= 20
fuzz: $(fuzz_names:%=build/fuzz/%)
	@tools/fuzz.sh $(FUZZ_SECONDS) $^

bench: all $(timers) $(stand_ins)
	@bench/run.sh $(BUILD)

demo: NEEDS = build
demo: ready
	@$(MAKE) --no-print-directory all $(BUILD)/test/agents/standin
	@tools/demo.sh $(BUILD)

# FILE:MODE:PLACE below PREFIX of all that is installed; uninstall takes away just that
shipped := $(BUILD)/ao:755:bin/ao $(BUILD)/ao-run:755:libexec/ao/ao-run \
	$(BUILD)/ao-pty:755:libexec/ao/ao-pty $(BUILD)/ao-serve:755:libexec/ao/ao-serve \
	$(BUILD)/ao-http:755:libexec/ao/ao-http \
	$(BUILD)/ao.service:644:lib/systemd/user/ao.service \
	$(foreach f,$(shell find share -type f),$(f):644:share/ao/$(f:share/%=%)) \
	$(foreach p,$(pages),$(p):644:share/man/man$(patsubst .%,%,$(suffix $(p)))/$(notdir $(p))) \
	$(BUILD)/completion/bash:644:share/bash-completion/completions/ao \
	$(BUILD)/completion/zsh:644:$(ZSH_FUNCTIONS)/_ao \
	$(BUILD)/completion/fish:644:share/fish/vendor_completions.d/ao.fish

# it names the program by where it is installed
.PHONY: $(BUILD)/ao.service
$(BUILD)/ao.service: src/serve/ao.service.in
	@sed 's|@PREFIX@|$(PREFIX)|' $< >$@

install: all $(BUILD)/ao.service
	@for f in $(shipped); do \
		IFS=:; set -- $$f; \
		install -D -m "$$2" "$$1" "$(DESTDIR)$(PREFIX)/$$3" || exit; \
	done
	@echo "installed below $(DESTDIR)$(PREFIX)"

uninstall:
	@for f in $(shipped); do rm -f "$(DESTDIR)$(PREFIX)/$${f##*:}" || exit; done
	@cd "$(DESTDIR)$(PREFIX)" && find libexec/ao share/ao -depth -type d -empty -delete 2>/dev/null || true

deb: NEEDS = build deb
deb: ready
	@tools/deb.sh

clean:
	rm -rf build

help:
	@sed -n 's/^#: //p' Makefile

#: make              build/ao, and what it starts: ao-run, ao-pty, ao-serve, ao-http
#: make demo         a small real run on a home of its own, checked as it goes
#: make test         every test; the last line is the sum
#: make test-unit, test-contract, test-cli, test-faults
#: make test-agents  real agents, installed from npm, against a scripted model (node)
#: make fakes        what the fake forges need of npm, in build/fakes (part of make test)
#: make test-live    what only GitHub can tell: GH_TOKEN=… AO_LIVE_REPO=OWNER/NAME, reads only; GITLAB_TOKEN=… AO_LIVE_PROJECT=GROUP/NAME
#: make lint         format, clang-tidy, cppcheck, shellcheck, layers, manual
#: make fuzz         libFuzzer, FUZZ_SECONDS=20 for each target
#: make bench        costs as ratios to bare tmux and git
#: make install      PREFIX=/usr/local DESTDIR=; make uninstall takes it away again
#: make deb          a Debian package, checked by lintian, in build/deb
#: make deps         install what is missing (apt-get or dnf)
#: make clean
#: SAN=1             with ASan and UBSan, under build/san     CC=clang   under build/clang

-include $(shell find $(BUILD) -path $(BUILD)/deb -prune -o -name '*.d' -print 2>/dev/null)
