# Thin wrappers: what they do is in t/lib/*.sh and t/unit/Makefile.

SH = /bin/sh

all:
	@$(SH) t/lib/build.sh

deps:
	@$(SH) t/lib/deps.sh test lint

run:
	@$(SH) t/lib/deps.sh build run
	@$(SH) t/lib/build.sh
	@$(SH) t/lib/stack.sh run

start:
	@$(SH) t/lib/deps.sh build run
	@$(SH) t/lib/build.sh
	@$(SH) t/lib/stack.sh start

stop:
	@$(SH) t/lib/stack.sh stop

token:
	@$(SH) t/lib/token.sh "$(TENANT)" "$(NAME)"

# unit tests twice (plain, and under the sanitizers), SQL tests, Test::Nginx
# suites, the five products, fault tests
test:
	@$(SH) t/lib/deps.sh build run test
	@$(SH) t/lib/test.sh unit asan sql t seeds fault

unit:
	@$(MAKE) -s -j4 -C t/unit check

asan:
	@$(MAKE) -s -j4 -C t/unit check SANITIZE=1

# TESTS="t/020-users.t ..." runs some
sql-test:
	@$(SH) t/lib/test.sh sql $(TESTS)

t:
	@$(SH) t/lib/test.sh t $(TESTS)

seeds:
	@$(SH) t/lib/test.sh seeds $(TESTS)

fault:
	@$(SH) t/lib/test.sh fault $(TESTS)

valgrind:
	@$(SH) t/lib/deps.sh build run test valgrind
	@$(SH) t/lib/test.sh valgrind $(TESTS)

# FUZZ_SECONDS=60 for each of t/fuzz/*.c, or TESTS="t/fuzz/filter.c"
fuzz:
	@$(SH) t/lib/deps.sh build fuzz
	@$(SH) t/lib/fuzz.sh $(TESTS)

lint:
	@$(SH) t/lib/deps.sh build lint
	@$(SH) t/lib/lint.sh

# gcc and clang, -Wextra -Werror
warn:
	@$(SH) t/lib/warn.sh

bench:
	@$(SH) t/lib/deps.sh build run bench
	@$(SH) t/lib/build.sh
	@perl t/bench/bench.pl
	@perl t/bench/writes.pl

# SCIM_GO_SUITE=PROGRAM adds scim2/test-suite, see docs/conformance.md
conformance:
	@$(SH) t/lib/deps.sh build run conformance
	@$(SH) t/conformance/run.sh

# plans of searches on a tenant of 300,000 users inside a million
plans:
	@$(SH) t/lib/deps.sh build run
	@$(SH) t/bench/plans.sh

install:
	@$(SH) t/lib/build.sh install

# the data of "make run" stays in .run; distclean takes it too
clean:
	@$(SH) t/lib/test.sh clean
	rm -rf objs

distclean: clean
	@$(SH) t/lib/stack.sh clean

.PHONY: all deps run start stop token test unit asan sql-test t seeds \
        fault valgrind fuzz lint warn bench plans conformance install clean \
        distclean
