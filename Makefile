# PGXS build of the extension: `make && make install`, PG_CONFIG chooses the server.
# CMakeLists.txt builds the core library, its unit tests and the SQL Server stand-in.

EXTENSION = mssql_fdw
MODULE_big = mssql_fdw
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" mssql_fdw.control)

CORE_SOURCES = $(wildcard src/core/*.cpp src/core/*/*.cpp src/core/*/*/*.cpp)
PG_SOURCES = $(wildcard src/pg/*.cpp src/pg/*/*.cpp)
OBJS = $(CORE_SOURCES:.cpp=.o) $(PG_SOURCES:.cpp=.o)

MSSQL_SCRIPT_PARTS = $(patsubst %,src/sql/%.sql,$(shell sed '/^\#/d' src/sql/order))
MSSQL_SCRIPT = $(EXTENSION)--$(EXTVERSION).sql
DATA_built = $(MSSQL_SCRIPT)

# README.md links to docs/, so they keep their places to each other.
DOCS = README.md CHANGELOG.md LICENSE
GUIDES = $(wildcard docs/*.md)

REGRESS = $(shell sed -n 's/^test: *//p' sql/schedule)
REGRESS_OPTS = --inputdir=. --load-extension=plpgsql
EXTRA_CLEAN = $(OBJS:.o=.d) $(MSSQL_SCRIPT)

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
	$(MKDIR_P) '$(DESTDIR)$(docdir)/$(docmoduledir)/docs'
	$(INSTALL_DATA) $(GUIDES) '$(DESTDIR)$(docdir)/$(docmoduledir)/docs/'

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

$(MSSQL_SCRIPT): $(MSSQL_SCRIPT_PARTS) src/sql/order mssql_fdw.control
	printf '%s\n\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit' > $@
	cat $(MSSQL_SCRIPT_PARTS) | sed 's/^CREATE OR REPLACE /CREATE /' >> $@

-include $(OBJS:.o=.d)
