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
unit_tests := $(patsubst test/unit/%.c,$(BUILD)/test/unit/%,$(wildcard test/unit/*.c))
stand_ins := $(patsubst test/agents/%.c,$(BUILD)/test/agents/%,$(wildcard test/agents/*.c))
pages := $(patsubst man/%.scd,$(BUILD)/man/%,$(wildcard man/*.scd))

.DELETE_ON_ERROR:
.PHONY: all
all: $(BUILD)/ao $(BUILD)/ao-run $(pages)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/libao.a: $(objects)
	@rm -f $@
	ar rcs $@ $(objects)

$(BUILD)/libbase.a: $(base_objects)
	@rm -f $@
	ar rcs $@ $(base_objects)

$(BUILD)/ao: $(BUILD)/obj/main.o $(BUILD)/libao.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

# ao-run lives in every pane: only what it needs of base is linked, and no library
$(BUILD)/ao-run: $(run_objects) $(BUILD)/libbase.a
	$(CC) $(CFLAGS) -o $@ $^

$(BUILD)/test/unit/%: test/unit/%.c $(BUILD)/libao.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Itest -o $@ $< $(BUILD)/libao.a $(LDLIBS) -lcmocka

# stand-ins for agents, which tests run in a terminal
$(BUILD)/test/agents/%: test/agents/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $<

$(BUILD)/test/unit/run_ao_run $(BUILD)/test/unit/plugin_runtime_tmux: | $(BUILD)/ao-run $(stand_ins)

$(BUILD)/man/%: man/%.scd
	@mkdir -p $(@D)
	scdoc <$< >$@

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
