# What can be done here: `make help`. Each line is a small script: of scripts/, or a tier's own, tests/TIER/run.sh.

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

# SECONDS is bash's own clock; it travels under another name. What deadlocks are counted in is always as long.
SECONDS ?= 20
SECONDS_TO_RUN = $(SECONDS)
test-deadlocks: SECONDS_TO_RUN = 120
export SECONDS_TO_RUN

# The tiers, in the order in which `make test` runs them; two of them build for themselves. What each one does says the first
# line of its tests/TIER/run.sh, and `make help` after it. only-TIER is what a tier takes as its arguments.
TIERS := unit regress regress-summed isolation isolation-summed upgrade dump replication properties stress crash deadlocks admin drivers \
  recipes docs packages majors
UNINSTALLED := unit majors
INSTALLED := $(filter-out $(UNINSTALLED),$(TIERS))
only-unit = $(UNIT)
only-regress = $(REGRESS)
only-regress-summed = $(REGRESS)
only-isolation = $(ISOLATION)
only-isolation-summed = $(ISOLATION)
only-majors = $(MAJORS)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup build install install-build demo demo-psql demo-stop test $(TIERS:%=test-%) admin deb dist all installcheck soak fuzz \
  bench bench-quick lint deny fmt clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@awk 'FNR == 2 { split(FILENAME, path, "/"); printf "  make test-%-15s %s\n", path[2], substr($$0, 3) }' $(TIERS:%=tests/%/run.sh)

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

test: setup ## every tier below, one after the other; the last line counts all
	@tests/run.sh $(TIERS)

$(INSTALLED:%=test-%): install-build
$(UNINSTALLED:%=test-%): setup
$(TIERS:%=test-%): test-%:
	@tests/$*/run.sh $(only-$*)

fuzz: setup ## random input for whatever parses, with a nightly compiler (SECONDS=60 for each target)
	@scripts/fuzz.sh

soak: install-build ## long load on a few backends: memory and tables stay flat (MINUTES=30)
	@tests/soak/run.sh

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
