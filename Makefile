# PGXS build of the extension: `make && make install`, PG_CONFIG chooses the server.
# CMakeLists.txt builds the core library, its unit tests and the SQL Server stand-in.
# `make help` lists what else there is.

EXTENSION = mssql_fdw
MODULE_big = mssql_fdw
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" mssql_fdw.control)

# Without PGXS, which has a `check` of its own that only says no. So these work before there is a
# PostgreSQL to build for.
MSSQL_HABITS = help check lint format bench dist
ifneq ($(filter $(MSSQL_HABITS),$(MAKECMDGOALS)),)

MSSQL_OTHERS = $(filter-out $(MSSQL_HABITS),$(MAKECMDGOALS))
.PHONY: $(MSSQL_HABITS) $(MSSQL_OTHERS)

#: make, make install, make installcheck     the extension, with PG_CONFIG=... for the PostgreSQL that it is for
#: make help                                 this list
help:
	@sed -n 's/^#: //p' Makefile

#: make check [STAGES="lint unit"]           all tests, or some stages; ci/README.md says which there are
check:
	bash ci/test.sh $(STAGES)

#: make lint                                 the rules that a compiler does not check
lint:
	bash ci/lint.sh

#: make format                               clang-format over the C++ of src and test
format:
	bash ci/format.sh

#: make bench [SHAPES="votes posts"] [PERCENT=10]
#:                                           the benchmarks, of rows and of a whole database; docs/performance.md has their figures
PERCENT ?= 10
bench:
	bash test/bench/run $(SHAPES)
	bash test/bench/database --percent $(PERCENT)

#: make dist                                 mssql_fdw-VERSION.tar.gz, and the .zip that PGXN takes, of what is committed
dist:
	git archive --format=tar.gz --prefix=$(EXTENSION)-$(EXTVERSION)/ -o $(EXTENSION)-$(EXTVERSION).tar.gz HEAD
	git archive --format=zip --prefix=$(EXTENSION)-$(EXTVERSION)/ -o $(EXTENSION)-$(EXTVERSION).zip HEAD

$(MSSQL_OTHERS):
	+$(MAKE) $@

else

CORE_SOURCES = $(wildcard src/core/*.cpp src/core/*/*.cpp src/core/*/*/*.cpp)
PG_SOURCES = $(wildcard src/pg/*.cpp src/pg/*/*.cpp)
OBJS = $(CORE_SOURCES:.cpp=.o) $(PG_SOURCES:.cpp=.o)

MSSQL_PARTS = $(patsubst %,src/sql/%.sql,$(shell sed '/^\#/d' src/sql/order))
MSSQL_SCRIPT = $(EXTENSION)--$(EXTVERSION).sql
# To this version at once from each version before: the changes of all hops from there, then all functions.
MSSQL_BEGIN = src/sql/begin.sql
MSSQL_HOPS = $(wildcard src/sql/upgrade/*--*.sql)
MSSQL_FUNCTIONS = $(filter-out $(MSSQL_BEGIN) src/sql/tables/%,$(MSSQL_PARTS))
MSSQL_UPGRADES = $(foreach hop,$(MSSQL_HOPS),$(EXTENSION)--$(firstword $(subst --, ,$(notdir $(hop))))--$(EXTVERSION).sql)
DATA_built = $(MSSQL_SCRIPT) $(MSSQL_UPGRADES)

# README.md links to docs/, so they keep their places to each other.
DOCS = README.md CHANGELOG.md LICENSE
GUIDES = $(wildcard docs/*.md)
INTERNALS = $(wildcard docs/internals/*.md)

REGRESS = $(shell sed -n 's/^test: *//p' sql/schedule)
REGRESS_OPTS = --inputdir=. --load-extension=plpgsql
EXTRA_CLEAN = $(OBJS:.o=.d) $(DATA_built)

PG_CONFIG ?= pg_config
FREETDS_LIBS ?= -lsybdb
GSSAPI_LIBS ?= $(shell pkg-config --libs krb5-gssapi 2>/dev/null || krb5-config --libs gssapi 2>/dev/null || echo -lgssapi_krb5)

# -isystem keeps the server's headers out of our warnings; -MMD because Debian's PGXS tracks no headers.
PG_CPPFLAGS = -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server) -MMD -MP
# CI makes warnings errors: make WERROR=-Werror. A newer compiler's warnings are no reason not to install.
WERROR ?=
PG_CXXFLAGS = -std=c++20 -Wall -Wextra -Woverloaded-virtual $(WERROR) -Wno-register -fvisibility=hidden
SHLIB_LINK = $(FREETDS_LIBS) $(GSSAPI_LIBS) -lssl -lcrypto -lstdc++

# Bitcode ignores PG_CXXFLAGS, so C++20 would not compile there.
override with_llvm := no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# A directory of its own, for others have a README.md too
docmoduledir := $(EXTENSION)

install: install-guides
install-guides:
	$(MKDIR_P) '$(DESTDIR)$(docdir)/$(docmoduledir)/docs/internals'
	$(INSTALL_DATA) $(GUIDES) '$(DESTDIR)$(docdir)/$(docmoduledir)/docs/'
	$(INSTALL_DATA) $(INTERNALS) '$(DESTDIR)$(docdir)/$(docmoduledir)/docs/internals/'

uninstall: uninstall-guides
uninstall-guides:
	rm -rf '$(DESTDIR)$(docdir)/$(docmoduledir)/docs'

installcheck: source-named
source-named:
	@test -n "$$MSSQL_TEST_HOST" || { printf '%s\n' \
	  'make installcheck reads a SQL Server: set MSSQL_TEST_HOST, MSSQL_TEST_PORT, MSSQL_TEST_USER, MSSQL_TEST_PASSWORD and MSSQL_TEST_DATABASE,' \
	  'a database of its own that ci/tsql.py -d "$$MSSQL_TEST_DATABASE" test/fixtures/*.sql has filled. ci/README.md says more.' \
	  'Or let "bash ci/test.sh regress" do all of it, with a stand-in for SQL Server.' >&2; exit 1; }

.PHONY: install-guides uninstall-guides source-named

# PGXS links with the C compiler.
override COMPILER = $(CXX) $(CXXFLAGS)

define MSSQL_SCRIPT_HEAD
\echo Use "$(1) EXTENSION $(EXTENSION)$(2)" to load this file. \quit
endef

$(MSSQL_SCRIPT): $(MSSQL_PARTS) src/sql/order mssql_fdw.control
	printf '%s\n\n' '$(call MSSQL_SCRIPT_HEAD,CREATE)' > $@
	cat $(MSSQL_PARTS) | sed 's/^CREATE OR REPLACE /CREATE /' >> $@

$(EXTENSION)--%--$(EXTVERSION).sql: $(MSSQL_BEGIN) $(MSSQL_HOPS) $(MSSQL_FUNCTIONS) src/sql/order mssql_fdw.control
	printf '%s\n\n' '$(call MSSQL_SCRIPT_HEAD,ALTER, UPDATE)' > $@
	cat $(MSSQL_BEGIN) $$(printf '%s\n' $(MSSQL_HOPS) | sort -V | sed -n '\|/$*--|,$$p') $(MSSQL_FUNCTIONS) >> $@

# The version that the library says
src/pg/calls/pass_through.o: override CPPFLAGS += -DMSSQL_FDW_VERSION='"$(EXTVERSION)"'
src/pg/calls/pass_through.o: mssql_fdw.control

-include $(OBJS:.o=.d)

endif
