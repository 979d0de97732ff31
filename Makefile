# castnet.  `make` builds build/edge, build/supernode and build/mcping; see README.md for the rest.
#	make check          unit tests, golden vectors, replayed fuzz corpus, simulator (no root needed)
#	make SAN=1 check    the same with ASan and UBSan, in a build folder of its own
#	make fuzz           fuzzers (clang), FUZZ_SECONDS each
#	make static         static binaries, with musl-gcc where it is there
#	make install DESTDIR= PREFIX=/usr/local

VERSION  := 0.1.0
PREFIX   ?= /usr/local
SBINDIR  ?= $(PREFIX)/sbin
BINDIR   ?= $(PREFIX)/bin
MANDIR   ?= $(PREFIX)/share/man
UNITDIR  ?= $(PREFIX)/lib/systemd/system
B        ?= build$(if $(SAN),-san)

CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
# Whatever of it this compiler has for this machine; the sanitizers bring checks of their own.
try       = $(foreach flag,$(1),$(shell $(CC) -O2 -Werror $(flag) -c -x c -o /dev/null /dev/null 2>/dev/null && echo '$(flag)'))
HARDEN   := $(if $(SAN)$(FUZZING),,$(call try,-fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-mbranch-protection=standard) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
HARDEN_LD := -Wl,-z,relro,-z,now,-z,noexecstack $(if $(findstring -static,$(LDFLAGS)),,-pie)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANFLAGS := $(if $(SAN)$(FUZZING),$(SANITIZE)) $(if $(FUZZING),-fsanitize=fuzzer-no-link)
ALL_CFLAGS = -std=gnu11 -Iinclude -DCASTNET_VERSION='"$(VERSION)"' $(WARN) -fPIE $(HARDEN) $(CFLAGS) $(SANFLAGS)
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS) $(SANFLAGS) -pthread

objs  = $(patsubst %.c,$(B)/obj/%.o,$(wildcard $(1)/*.c))
CRYPTO := $(call objs,src/core/crypto)
CORE   := $(call objs,src/core) $(CRYPTO)
IO     := $(call objs,src/io)
EDGE   := $(call objs,src/engine/edge) $(call objs,src/engine/secure)
SUPERNODE := $(call objs,src/engine/supernode)
MCPING := $(call objs,src/engine/mcping)
# What stands between the command line and an engine; each main.c is a program's alone.
app    = $(filter-out %/main.o,$(call objs,src/app/$(1)))
DAEMON := $(call app,daemon)
# mcping has no secrets and stays small.
MCPING_CORE := $(filter-out $(CRYPTO) $(patsubst %,$(B)/obj/src/core/%.o,handshake noise registration),$(CORE))
# Of the rim mcping needs these only, and stays small.
MCPING_IO := $(patsubst %,$(B)/obj/src/io/%.o,conf conf_value json links log lookup netlink sockaddr sys)
DAEMONS   := $(B)/edge $(B)/supernode
PROGRAMS  := $(DAEMONS) $(B)/mcping
UNITS     := castnet-supernode.service castnet-edge@.service
UNIT  := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*_test.c))
FUZZ  := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*_fuzz.c))
TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/tools/%,$(filter-out %/fault.c,$(wildcard tests/tools/*.c))) $(B)/tests/tools/fault.so
SIM   := $(patsubst tests/sim/%.c,$(B)/tests/sim/%,$(wildcard tests/sim/*_sim.c))

.PHONY: all check fuzz static install uninstall clean tests tools
.SECONDARY:
all: $(PROGRAMS)

$(B)/edge: $(call objs,src/app/edge) $(DAEMON) $(EDGE) $(IO) $(CORE)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)
$(B)/supernode: $(call objs,src/app/supernode) $(DAEMON) $(SUPERNODE) $(IO) $(CORE)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)
$(B)/mcping: $(call objs,src/app/mcping) $(MCPING) $(MCPING_IO) $(MCPING_CORE)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)

# The core and the engines are strict C11: no extension creeps in with a system header.
$(B)/obj/src/core/%.o $(B)/obj/src/engine/%.o: ALL_CFLAGS += -std=c11 -Wpedantic
# Loops over a few limbs or words are to be written out, or these stay in memory.
$(B)/obj/src/core/crypto/%.o: ALL_CFLAGS += -O3
$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(addprefix $(B)/tests/unit/,conf_test conf_odd_test management_test status_test edge_status_test edge_keys_test): \
	$(call app,edge) $(call app,supernode) $(DAEMON)
$(B)/tests/unit/mcping_conf_test: $(call app,mcping)
# Its engine counts what it does: a call for each stretch of code without a branch.
$(B)/tests/unit/supernode_cost_test: $(B)/obj/tests/unit/supernode_cost_test.o \
		$(patsubst $(B)/obj/%,$(B)/counted/%,$(SUPERNODE) $(CORE))
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)
$(B)/counted/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fsanitize-coverage=trace-pc -MMD -MP -c -o $@ $<
$(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(EDGE) $(SUPERNODE) $(MCPING) $(CORE) $(IO)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)
$(B)/tests/sim/%: $(B)/obj/tests/sim/%.o $(call objs,tests/sim/lib) $(EDGE) $(SUPERNODE) $(CORE)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)
# Outside `make fuzz` a fuzzer is a program that runs the files it is given, so that any compiler can
# replay the corpus.
FUZZ_MAIN := $(if $(FUZZING),,$(B)/obj/tests/fuzz/replay.o)
$(B)/tests/fuzz/%: $(B)/obj/tests/fuzz/%.o $(FUZZ_MAIN) $(EDGE) $(SUPERNODE) $(MCPING) $(CORE)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(if $(FUZZING),-fsanitize=fuzzer) -o $@ $^ $(ALL_LDFLAGS)
# Programs that measure, for tests/bench/run and by hand.
$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(CORE)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)
# Small programs that the namespace tests and the demo run beside the daemons.
$(addprefix $(B)/tests/tools/,gso gro): $(CORE)
$(B)/tests/tools/%: $(B)/obj/tests/tools/%.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(ALL_LDFLAGS)

# Loaded into the real programs, never into sanitized ones.
$(B)/tests/tools/fault.so: tests/tools/fault.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARN) $(CFLAGS) -shared -fPIC -o $@ $< $(LDFLAGS) -ldl

tools: $(TOOLS)
tests: $(UNIT) $(SIM) $(addprefix $(B)/tests/fuzz/,$(FUZZ)) tools
check: all tests
	scripts/check.sh $(B)

# FUZZERS: some of them.  FUZZ_OPTIONAL=1: without clang there is nothing to do, successfully.
FUZZ_SECONDS ?= 20
FUZZ_CC ?= clang
FUZZERS ?= $(FUZZ)
fuzz:
	+@MAKE='$(MAKE)' FUZZ_CC='$(FUZZ_CC)' FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_OPTIONAL='$(FUZZ_OPTIONAL)' \
		tests/fuzz/run.sh $(FUZZERS)

# With musl-gcc where it is there: its binaries also resolve names without shared libraries.  Debian's
# musl-gcc does not see the kernel's headers by itself, and knows no -static-pie: its parts are named one by one.
MUSL     := $(shell command -v musl-gcc 2>/dev/null)
STATIC_CC ?= $(or $(MUSL),$(CC))
ARCH     := $(shell $(CC) -print-multiarch)
MUSL_CRT := $(wildcard $(addprefix /usr/lib/$(firstword $(subst -, ,$(ARCH)))-linux-musl/,rcrt1.o crti.o crtn.o))
MUSL_PIE := -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $(filter %/rcrt1.o %/crti.o,$(MUSL_CRT)) \
	$(shell $(CC) -print-file-name=crtbeginS.o) $(shell $(CC) -print-file-name=crtendS.o) $(filter %/crtn.o,$(MUSL_CRT))
ifneq ($(findstring musl,$(STATIC_CC)),)
STATIC_CFLAGS := -idirafter /usr/include $(if $(ARCH),-idirafter /usr/include/$(ARCH))
STATIC_LD     := $(if $(filter %/rcrt1.o,$(MUSL_CRT)),$(MUSL_PIE),-static)
else
STATIC_LD     := -static-pie
endif
static:
	+@$(MAKE) B=build-static CC='$(STATIC_CC)' CFLAGS='$(CFLAGS) $(STATIC_CFLAGS)' LDFLAGS='$(LDFLAGS) $(STATIC_LD) -s'
	@echo "build-static/edge, build-static/supernode and build-static/mcping are static"

install: all
	install -d '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(UNITDIR)' \
		$(addprefix '$(DESTDIR)$(MANDIR)'/man,1 7 8)
	install -m 755 $(DAEMONS) '$(DESTDIR)$(SBINDIR)'
	install -m 755 $(B)/mcping '$(DESTDIR)$(BINDIR)'
	install -m 644 man/mcping.1 '$(DESTDIR)$(MANDIR)/man1'
	install -m 644 man/castnet.7 man/castnet-status.7 '$(DESTDIR)$(MANDIR)/man7'
	install -m 644 man/edge.8 man/supernode.8 '$(DESTDIR)$(MANDIR)/man8'
	for unit in $(UNITS); do \
		sed 's|/usr/local/sbin|$(SBINDIR)|' "scripts/$$unit" >'$(DESTDIR)$(UNITDIR)'/"$$unit" && \
		chmod 644 '$(DESTDIR)$(UNITDIR)'/"$$unit" || exit 1; done

uninstall:
	rm -f $(addprefix '$(DESTDIR)$(SBINDIR)'/,$(notdir $(DAEMONS))) '$(DESTDIR)$(BINDIR)/mcping' \
		'$(DESTDIR)$(MANDIR)/man1/mcping.1' '$(DESTDIR)$(MANDIR)/man7/castnet.7' '$(DESTDIR)$(MANDIR)/man7/castnet-status.7' \
		'$(DESTDIR)$(MANDIR)/man8/edge.8' '$(DESTDIR)$(MANDIR)/man8/supernode.8' \
		$(addprefix '$(DESTDIR)$(UNITDIR)'/,$(UNITS))

clean:
	rm -rf build build-*

-include $(shell find $(B) -name '*.d' 2>/dev/null)
