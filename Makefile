# What can be done here: `make help`. Each line is one of the small scripts in scripts/.

BUILD ?= build
export BUILD

# Which test, seed, work to measure or server: given on the command line, read by the scripts.
UNIT ?=
REGRESS ?=
ISOLATION ?=
SEED ?= 1
CLIENTS ?= 8
FLUSH ?= mixed
TOTALS ?=
BENCH ?=
PROTOCOL ?= extended
ROUNDS ?=
WINDOW_MS ?=
MINUTES ?= 30
MAJORS ?=
PROFILE ?= release
export SEED CLIENTS FLUSH TOTALS PROTOCOL ROUNDS WINDOW_MS PROFILE MINUTES

# SECONDS is bash's own clock; it travels under another name.
SECONDS ?= 20

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup build install install-build demo demo-psql demo-stop test test-unit test-regress test-regress-moved \
  test-isolation test-isolation-moved test-upgrade test-dump test-replication test-stress test-crash test-deadlocks test-properties \
  test-admin test-drivers test-recipes test-docs test-packages test-majors admin deb dist all installcheck soak fuzz bench bench-quick lint deny fmt clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: compiler, PostgreSQL 15 and its headers (apt), cargo-pgrx (into build/)
	@scripts/setup.sh

build: setup ## compile the extension
	@scripts/cargo.sh build

install: ## install into your own server: make install PG_CONFIG=/path/to/pg_config
	@scripts/setup.sh tools
	@scripts/install.sh $(PG_CONFIG)

install-build: setup ## install into the private PostgreSQL in build/pg, for the demo and the tests
	@scripts/install_build.sh

demo: install-build ## see it work on a private cluster: an application's tables, drifted, attached, repaired, written
	@demo/demo.sh

demo-psql: ## open psql on the demo's database
	@scripts/cluster.sh psql demo -d demo

demo-stop: ## stop the demo's cluster
	@scripts/cluster.sh stop demo

admin: install-build ## the admin page on the demo's cluster (LISTEN=127.0.0.1:8787); Ctrl-C ends it
	@scripts/admin.sh

test: setup ## every tier below; the last line counts all
	@scripts/test_all.sh unit regress regress-moved isolation isolation-moved upgrade dump replication properties stress crash deadlocks \
	  admin drivers recipes docs packages majors

test-unit: setup ## tests in the crate (UNIT=name for some)
	@scripts/test_unit.sh $(UNIT)

test-regress: install-build ## scripts with expected output (REGRESS=name for one)
	@scripts/test_expected.sh regress $(REGRESS)

test-isolation: install-build ## colliding sessions, step by step (ISOLATION=name for one)
	@scripts/test_expected.sh isolation $(ISOLATION)

test-regress-moved: install-build ## the same, every total moved by differences where that is possible
	@TOTALS=moved scripts/test_expected.sh regress $(REGRESS)

test-isolation-moved: install-build ## the same, every total moved by differences where that is possible
	@TOTALS=moved scripts/test_expected.sh isolation $(ISOLATION)

test-upgrade: install-build ## from every released version to this one: the same objects, and bindings go on
	@scripts/test_upgrade.sh

test-dump: install-build ## pg_dump and pg_restore in every form: bindings, totals, the log, owners, rights
	@scripts/test_dump.sh

test-replication: install-build ## logical replication onto a subscriber that has the extension
	@scripts/test_replication.sh

test-properties: install-build ## random writes of awkward values against a plain model (PROPTEST_CASES, SEED)
	@scripts/test_properties.sh

test-stress: install-build ## random writers (SECONDS=20 SEED=1 CLIENTS=8 FLUSH=mixed|statement|commit TOTALS=mixed|summed|moved)
	@SECONDS_TO_RUN=$(SECONDS) scripts/test_stress.sh

test-crash: install-build ## the server is killed under load, and a standby promoted (ROUNDS=2)
	@scripts/test_crash.sh

test-deadlocks: install-build ## deadlocks per commit beside the same load without triggers
	@SECONDS_TO_RUN=60 scripts/test_deadlocks.sh

test-admin: install-build ## the admin endpoint: its calls, its program, its page in a headless Chromium
	@scripts/test_admin.sh

test-drivers: install-build ## through psycopg, node-postgres, Prisma, JDBC, tokio-postgres, sqlx, PgBouncer
	@scripts/test_drivers.sh

test-recipes: install-build ## what docs/recipes.md tells, run
	@scripts/test_recipes.sh

test-docs: install-build ## the documentation against the catalog, the source and what psql answers
	@scripts/test_docs.sh

test-packages: install-build ## the Debian package in a clean root, the archive, META.json, the Dockerfile
	@scripts/test_packages.sh

test-majors: setup ## the other majors of PostgreSQL, as many as can be had here (MAJORS="14 18" for some)
	@scripts/test_majors.sh $(MAJORS)

fuzz: setup ## random input for whatever parses, with a nightly compiler (SECONDS=60 for each target)
	@SECONDS_TO_RUN=$(SECONDS) scripts/fuzz.sh

soak: install-build ## long load on a few backends: memory and tables stay flat (MINUTES=30)
	@scripts/soak.sh

deb: setup ## Debian packages: build/deb/postgresql-15-spend-sync_*.deb and the admin endpoint's
	@scripts/deb.sh

dist: ## the archive for PGXN: build/dist/spend_sync-*.zip
	@scripts/dist.sh

# What the pgxn client calls, beside `make install PG_CONFIG=...`, which builds for that server.
all: setup

installcheck: test-regress

bench: install-build ## what a write costs, side by side (40 minutes; BENCH=name for some, PROTOCOL=simple, ROUNDS=, WINDOW_MS=)
	@scripts/bench.sh full $(BENCH)

bench-quick: install-build ## the short form (3 minutes), without writing bench/RESULTS.md
	@scripts/bench.sh quick $(BENCH)

lint: setup ## formatting and clippy, warnings are errors
	@scripts/cargo.sh fmt --all --check
	@scripts/cargo.sh clippy --workspace --all-targets -- -D warnings

deny: setup ## licences, duplicates and sources of the dependencies (deny.toml)
	@scripts/deny.sh

fmt: setup ## format the code
	@scripts/cargo.sh fmt --all

clean: ## stop and remove the private clusters, remove test output and cargo's target folder
	@for cluster in "$(BUILD)"/clusters/*/; do [ ! -d "$$cluster" ] || scripts/cluster.sh remove "$$(basename "$$cluster")"; done
	@rm -rf "$(BUILD)/log"
	@scripts/cargo.sh clean

distclean: clean ## remove everything made, cargo-pgrx and the private PostgreSQL too
	@rm -rf "$(BUILD)"
