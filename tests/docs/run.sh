#!/usr/bin/env bash
# the documentation against the catalog, the source and what psql answers
#
# run.sh [--write]   the documentation says what is there: docs/reference/ against the catalog and the source,
# both ways; examples against what psql answers; links, make targets. The last line is `N passed, N failed`.
# --write: first puts the catalog's blocks and psql's answers into the pages of docs/, to be read before they are
# committed; README is never written, nor what is not run, nor an error that the text does not speak of.
# PAGES=folder: looks at a copy of README.md and docs/ there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/packages.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"
cd "$ROOT"
write=("$@")
pages="${PAGES:-$ROOT}"
out="$BUILD/log/docs"
# Each in a database of its own: a page, or all pages of a folder in order.
examples=(does-it-fit.md reference operations.md faq.md)
all=("$pages/README.md" "$pages"/docs/{*,reference/*}.md)

query() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
# Debian's own Python, for which Debian's packages are.
with_python() { PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$ROOT/tests/docs/$1.py" "${@:2}"; }

start_cluster() {
  fresh_cluster docs
  rm -rf "$out"
  mkdir -p "$out"
  createdb catalog
  query -d catalog -c 'CREATE EXTENSION spend_sync'
  query -d catalog -f tests/docs/catalog.sql >"$out/catalog"
  # Roles are the cluster's: more than one page grants to this one.
  query -d postgres -c 'CREATE ROLE finance'
  createdb platform
  query -d platform -f demo/schema.sql -f demo/platform.sql >/dev/null
}

# run_examples PAGE|FOLDER [--write]   in a database of its own: the platform of the demo.
run_examples() {
  local database
  database="$(basename "$1" .md)"
  createdb -T platform "$database"
  # What README's examples need beside the platform.
  [ "$database" != README ] || query -d "$database" -f tests/docs/readme.sql
  PGDATABASE="$database" with_python run_examples "$@" | tee "$out/$database.log"
}

is_short() {
  local lines
  lines="$(wc -l <"$pages/README.md")"
  echo "$lines lines"
  [ "$lines" -lt 250 ]
}

# A line an error, as the test of that name prints them.
list_errors() {
  RUST_TEST_NOCAPTURE=1 cargo pgrx test "pg$PG_MAJOR" every_error_is_listed
}

install_packages python3 python3-markdown-it
start_cluster
list_errors >"$out/errors"
check "reference: the catalog" with_python check_catalog "$pages/docs/reference" "$out/catalog" "${write[@]}"
check "reference: errors, findings and problems of the source" \
  with_python check_source "$pages/docs/reference" "$out/errors" src "$("$PG_BIN/pg_config" --sharedir)/errcodes.txt"
for page in "${examples[@]}"; do
  check "${page%.md}: examples" run_examples "$pages/docs/$page" "${write[@]}"
done
check "README: examples" run_examples "$pages/README.md"
check "the checks find what is wrong with a page" with_python test_checks
# Nothing goes by in silence.
grep -h '^only parsed' "$out"/*.log || true
check "links and make targets" with_python check_links "$ROOT" "${all[@]}"
check "every error that is shown is spoken of" with_python check_answers "${all[@]}"
check "README: under 250 lines" is_short
finish
