# ao: `make demo` and `make test` do everything on a fresh Debian machine. `make help` lists the rest.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
SAN ?=
BUILD ?= build$(if $(SAN),/san)$(if $(findstring clang,$(CC)),/clang)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings \
	-Wundef -Wformat=2 -Wimplicit-fallthrough -Werror
OPT := -O2 -g
ifdef SAN
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
CFLAGS := -std=gnu17 $(OPT) $(WARN) -Isrc
CPPFLAGS := -D_GNU_SOURCE -DAO_VERSION='"$(VERSION)"' -MMD -MP
LDLIBS := -ljansson -lyaml

rooms := base model rule store slot plugin op cmd
sources := $(foreach r,$(rooms),$(wildcard src/$(r)/*.c))
objects := $(sources:src/%.c=$(BUILD)/obj/%.o)
base_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/base/*.c))
run_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/run/*.c))
pty_objects := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/pty/*.c))
unit_tests := $(patsubst test/unit/%.c,$(BUILD)/test/unit/%,$(wildcard test/unit/*.c))
stand_ins := $(patsubst test/agents/%.c,$(BUILD)/test/agents/%,$(wildcard test/agents/*.c))
pages := $(patsubst man/%.scd,$(BUILD)/man/%,$(wildcard man/*.scd))

.DELETE_ON_ERROR:
.PHONY: all
all: $(BUILD)/ao $(BUILD)/ao-run $(BUILD)/ao-pty $(pages)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/libao.a: $(objects)
	@rm -f $@
	ar rcs $@ $(objects)

$(BUILD)/libbase.a: $(base_objects)
	@rm -f $@
	ar rcs $@ $(base_objects)

$(BUILD)/ao: $(BUILD)/obj/main.o $(BUILD)/libao.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

# ao-run lives in every pane, ao-pty where there is none: only what they need of base, and no library
$(BUILD)/ao-run: $(run_objects) $(BUILD)/libbase.a $(if $(SAN),test/sanitizer/ao_run.c)
	$(CC) $(CFLAGS) -o $@ $^

$(BUILD)/ao-pty: $(pty_objects) $(BUILD)/libbase.a
	$(CC) $(CFLAGS) -o $@ $^

$(BUILD)/test/unit/%: test/unit/%.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Itest -o $@ $< $(BUILD)/libao.a $(LDLIBS) -lcmocka

$(BUILD)/test/contract/%: test/contract/%.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Itest -o $@ $< $(BUILD)/libao.a $(LDLIBS) -lcmocka

# A fuzz target twice: as a replayer of its corpus for every compiler, and with libFuzzer for clang.
$(BUILD)/test/fuzz/%: test/fuzz/%.c test/fuzz/replay.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MF $@.d -Itest -o $@ $< test/fuzz/replay.c $(BUILD)/libao.a $(LDLIBS)

build/fuzz/%: test/fuzz/%.c $(sources) $(wildcard src/*/*.h) Makefile
	@mkdir -p $(@D)
	clang $(filter-out -MMD -MP,$(CPPFLAGS)) -std=gnu17 -g -O1 -Isrc -Itest \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $< $(sources) $(LDLIBS)

# Stand-ins that the tests start: programs of their own, no part of ao.
$(BUILD)/test/agents/%: test/agents/%.c test/agents/terminal.h Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MF $@.d -o $@ $<

$(BUILD)/test/fault/%.so: test/fault/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) -std=gnu17 -O2 -g $(WARN) -shared -fPIC -o $@ $< -ldl

$(BUILD)/bench/%: bench/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) -std=gnu17 -O2 -g $(WARN) -o $@ $<

$(BUILD)/test/unit/run_ao_run $(BUILD)/test/unit/plugin_runtime_tmux $(BUILD)/test/contract/runtime: | \
	$(BUILD)/ao-run $(BUILD)/ao-pty $(stand_ins)

$(BUILD)/man/%: man/%.scd
	@mkdir -p $(@D)
	scdoc <$< >$@

# Everything below is for people and for CI.

contract_tests := $(patsubst test/contract/%.c,$(BUILD)/test/contract/%,$(wildcard test/contract/*.c))
fuzz_names := $(filter-out replay,$(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/*.c)))
replays := $(fuzz_names:%=$(BUILD)/test/fuzz/%)
shims := $(patsubst test/fault/%.c,$(BUILD)/test/fault/%.so,$(wildcard test/fault/*.c))
timers := $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/*.c))
test_programs := $(unit_tests) $(contract_tests) $(replays) $(stand_ins) $(shims)

.PHONY: programs deps ready lint test test-sanitized test-unit test-contract test-cli test-faults fuzz bench demo \
	install clean help
programs: all $(test_programs)

deps:
	@tools/deps.sh all

# What is missing is installed before the first compile, hence the second make.
ready:
	@tools/deps.sh --check $(NEEDS) || tools/deps.sh $(NEEDS)

test: NEEDS = build test
test: ready
	@$(MAKE) --no-print-directory programs
	@test/run $(BUILD) unit fuzz contract house cli faults

# everything but the sweep, which needs ptrace for itself
test-sanitized: programs
	@test/run $(BUILD) unit fuzz contract cli

test-unit: $(unit_tests) $(contract_tests) $(replays)
	@test/run $(BUILD) unit fuzz contract
test-contract: $(contract_tests)
	@test/run $(BUILD) contract
test-cli: programs
	@test/run $(BUILD) cli
test-faults: programs
	@test/run $(BUILD) faults

lint:
	@tools/lint.sh $(BUILD)

FUZZ_SECONDS ?= 20
fuzz: $(fuzz_names:%=build/fuzz/%)
	@tools/fuzz.sh $(FUZZ_SECONDS) $^

bench: all $(timers) $(stand_ins)
	@bench/run.sh $(BUILD)

demo: NEEDS = build
demo: ready
	@$(MAKE) --no-print-directory all
	@tools/demo.sh $(BUILD)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/ao \
		$(DESTDIR)$(PREFIX)/share/ao/agents $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/ao $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(BUILD)/ao-run $(BUILD)/ao-pty $(DESTDIR)$(PREFIX)/libexec/ao/
	$(if $(wildcard share/agents/*.yaml),install -m 644 share/agents/*.yaml $(DESTDIR)$(PREFIX)/share/ao/agents/)
	$(foreach p,$(pages),install -D -m 644 $(p) \
		$(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(p)))/$(notdir $(p)) &&) true

clean:
	rm -rf build

help:
	@sed -n 's/^#: //p' Makefile

#: make              build/ao, and what it starts: ao-run, ao-pty
#: make demo         a small real run on a home of its own, checked as it goes
#: make test         every test; the last line is the sum
#: make test-unit, test-contract, test-cli, test-faults
#: make lint         format, clang-tidy, cppcheck, shellcheck, layers, manual
#: make fuzz         libFuzzer, FUZZ_SECONDS=20 for each target
#: make bench        costs as ratios to bare tmux and git
#: make install      PREFIX=/usr/local DESTDIR=
#: make deps         install what is missing (apt-get or dnf)
#: make clean
#: SAN=1             with ASan and UBSan, under build/san     CC=clang   under build/clang

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
