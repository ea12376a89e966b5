# SPDX-License-Identifier: MIT
# ClientMetrics. `make help` lists the targets.
#   BUILD=debug|release|asan|fuzz   CC=gcc|clang   T=csv (one test of check)   B=http (one group of bench)

BUILD ?= debug
OUT   := build/$(BUILD)$(if $(filter clang%,$(CC)),-clang)
PKGS  := libpq jansson libjwt libcurl openssl xlsxwriter

# Targets that only run scripts must work before the packages are there.
SCRIPTED := run up down test setup help token migrate bare
NEEDS_C  := $(if $(MAKECMDGOALS),$(filter-out $(SCRIPTED) migrate-% rollback-% verify,$(MAKECMDGOALS)),all)
ifneq ($(NEEDS_C),)
PC_CF := $(shell pkg-config --cflags $(PKGS) 2>/dev/null || echo MISSING)
PC_LD := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
$(if $(filter MISSING,$(PC_CF)),$(error needs the development packages of: $(PKGS); `make setup` installs them))
endif

# V=1 shows the commands
Q := $(if $(V),,@)

STRICT := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wno-missing-field-initializers
CFLAGS.debug   := -O0 -g3
CFLAGS.release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CFLAGS.asan    := -O1 -g3 -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
CFLAGS.fuzz    := $(CFLAGS.asan) -fsanitize=fuzzer-no-link
LDFLAGS.release := -pie -Wl,-z,relro,-z,now
LDFLAGS.asan   := -fsanitize=address,undefined
LDFLAGS.fuzz   := -fsanitize=address,undefined,fuzzer
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -Ibuild/gen $(STRICT) $(CFLAGS.$(BUILD)) $(PC_CF) $(CFLAGS)
LIBS       = $(PC_LD) -lfcgi -lm $(LDFLAGS.$(BUILD)) $(LDFLAGS)

SQL      := $(wildcard core/*/*.sql auth/*.sql)
GEN      := build/gen/sql.h build/gen/dev_issuer_login.h
LIB_SRC  := $(wildcard core/*/*.c auth/*.c fcgi/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(OUT)/%.o) $(OUT)/build/gen/sql.o
CMD_SRC  := $(wildcard cmd/*.c)
CMD_OBJ  := $(CMD_SRC:%.c=$(OUT)/%.o)
LIB      := $(OUT)/libclientmetrics.a
BIN      := $(OUT)/clientmetrics

TLIB_OBJ := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/lib/*.c))
UNIT     := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))
ATTACK   := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/attack/test_*.c))
INTEG    := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/integration/test_*.c tests/http/test_*.c))
FUZZ     := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
DIFF     := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/diff/*.c))

all: $(BIN)  ## build the program (BUILD=debug|release|asan)

$(OUT)/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(if $(V),,echo "  CC   $<";) $(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

build/gen/sql.h build/gen/sql.c &: core/db/sqlgen.awk $(SQL)
	@mkdir -p $(@D)
	$(Q)awk -v out=build/gen -f core/db/sqlgen.awk $(SQL) /dev/null

# The development issuer's page, as a C string.
build/gen/dev_issuer_login.h: auth/dev_issuer_login.html
	@mkdir -p $(@D)
	$(Q){ echo 'static const char dev_issuer_login_html[] ='; sed 's/\\/\\\\/g; s/"/\\"/g; s/^/    "/; s/$$/\\n"/' $<; echo ';'; } > $@

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BIN): $(CMD_OBJ) $(LIB)
	$(Q)$(if $(V),,echo "  LD   $@";) $(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS)

# What a subcommand does, without the program around it.
$(OUT)/tests/integration/test_admin_jobs: $(OUT)/cmd/admin_jobs.o
$(OUT)/tests/integration/test_admin_jobs: LIBS += $(LIB) $(PC_LD)

# A worker of this test dies with its COMMIT on the wire.
$(OUT)/tests/integration/test_queue_torture: LIBS += -Wl,--wrap=PQpipelineSync,--wrap=PQsendQuery

$(OUT)/tests/%: $(OUT)/tests/%.o $(TLIB_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(Q)$(if $(V),,echo "  LD   $@";) $(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS) -lcmocka

# A fuzz target replays its corpus: tests/fuzz/corpus/<name>/*. With BUILD=fuzz, libFuzzer drives it instead.
$(OUT)/tests/fuzz/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o $(if $(filter fuzz,$(BUILD)),,$(OUT)/tests/fuzz/replay.o) $(TLIB_OBJ) $(LIB)
	$(Q)$(if $(V),,echo "  LD   $@";) $(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS) -lcmocka

# What a differential test compares with a peer.
$(OUT)/tests/diff/%: $(OUT)/tests/diff/%.o $(LIB)
	$(Q)$(if $(V),,echo "  LD   $@";) $(CC) $(ALL_CFLAGS) $^ -o $@ $(LIBS)

tests: $(UNIT) $(ATTACK) $(INTEG) $(FUZZ) $(DIFF)  ## build every C test without running it

check: cheap $(UNIT) $(ATTACK) $(FUZZ)  ## unit tests and the cheap checks (T=csv for one test)
	@tests/unit.sh $(filter %$(T),$(UNIT) $(ATTACK)) $(if $(T),,$(FUZZ))

SECONDS ?= 60
fuzz:  ## libFuzzer on one target: make fuzz T=upload SECONDS=60; what it finds is in build/fuzz-found
	@$(MAKE) --no-print-directory BUILD=fuzz CC=clang build/fuzz-clang/tests/fuzz/fuzz_$(T)
	@mkdir -p build/fuzz-found/$(T)
	build/fuzz-clang/tests/fuzz/fuzz_$(T) -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz-found/ build/fuzz-found/$(T) tests/fuzz/corpus/$(T)

cheap: layers headers banned

layers:  ## every include follows the arrows of docs/architecture.md
	@awk -f tests/layers.awk $$(git ls-files -co --exclude-standard '*.c' '*.h')

headers: $(GEN)  ## each header compiles alone
	@for h in $$(git ls-files -co --exclude-standard '*.h'); do \
	    echo "#include \"$$h\"" | $(CC) $(ALL_CFLAGS) -fsyntax-only -x c - || { echo "$$h does not compile alone"; exit 1; }; done

banned:  ## no banned function is called
	@awk -f tests/banned.awk $$(git ls-files -co --exclude-standard '*.c' '*.h')

format:  ## rewrite the C sources as clang-format has them
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

format-check:
	clang-format --dry-run -Werror $$(git ls-files -co --exclude-standard '*.c' '*.h')

lint: format-check  ## clang-tidy, cppcheck, both compilers with -Werror, the scripts and the frontend
	tests/lint.sh

agreement: $(OUT)/tests/agreement/agreement  ## how well the offline rules agree with the labels, even and odd rows
	$< $${CM_SHARED_DATA:-../shared/data}/meetings_vambe_60.csv tests/data/labels_vambe_60.csv

run:  ## install, build, start everything in the foreground; Ctrl-C stops it
	@deploy/local/run.sh
up:  ## the same in the background
	@deploy/local/up.sh
down:  ## stop what `make up` started
	@deploy/local/down.sh
setup:  ## install the packages that building and running need
	@deploy/local/install.sh run
test:  ## install what tests need, run all of them on a cluster of their own
	@tests/run.sh
bare:  ## the two commands in a bare Debian root
	@tests/bare.sh
bench:  ## measure, and write docs/benchmarks.md (B=http for one group)
	@bench/run.sh $(B)
token:  ## print an access token of the development issuer: make -s token USER=admin@demo.test
	@deploy/local/token.sh "$(USER)"

migrate:  ## bring the schema of the local cluster up
	@deploy/local/migrate.sh up
migrate-%:  ## apply migrations up to this number
	@deploy/local/migrate.sh up $*
rollback-%:  ## roll back this migration and those after it
	@deploy/local/migrate.sh down $*
verify:  ## compare applied migrations with the files
	@deploy/local/migrate.sh verify

clean:  ## remove what was built
	rm -rf build

help:  ## list targets
	@grep -hE '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

.PHONY: all tests check fuzz cheap layers headers banned format format-check lint agreement run up down setup test bare bench token migrate verify clean help
.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(CMD_OBJ:.o=.d) $(patsubst tests/%.c,$(OUT)/tests/%.d,$(wildcard tests/*/*.c))
