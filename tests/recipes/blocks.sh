# shellcheck shell=bash disable=SC2154
# Runs what docs/recipes.md shows. Every fenced block there has a name after its language; a test runs it by that name,
# so that the document and the test cannot part. Sourced, never run.
#
# block NAME [TEXT NEW]...   prints a block, with NEW in place of each TEXT, which must be there
# run NAME [TEXT NEW]...     runs a block of SQL, and fails if a statement does
# shows NAME [TEXT NEW]...   types a transcript's statements into psql; fails, with a diff, unless it answers as shown
# every_block_ran            fails for a block that no test has named

RECIPES="$ROOT/docs/recipes.md"

query() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

block() {
  local text name="$1"
  shift
  text="$(awk -v name="$name" '
    /^```/ { if (open && found) exit; open = !open; found = open && $2 == name; next }
    found' "$RECIPES")"
  [ -n "$text" ] || { echo "docs/recipes.md has no block $name" >&2; return 1; }
  echo "$name" >>"$out/blocks"
  while [ $# -ge 2 ]; do
    [[ "$text" == *"$1"* ]] || { echo "the block $name has no: $1" >&2; return 1; }
    text="${text//"$1"/"$2"}"
    shift 2
  done
  printf '%s\n' "$text"
}

run() { block "$@" | query >/dev/null; }

# brought_up_at statement|commit   attaches again, as the owner may at any time.
brought_up_at() { [ "$(query -c "SELECT brought_up_at FROM spend_sync_attach(flush => '$1')")" = "$1" ]; }

# Without what differs from run to run: who notified, how many a repair found and how long it took, a row's times.
# And without where in PostgreSQL's source and in whose statement an error was raised.
steady() {
  sed -E 's/PID [0-9]+/PID n/; s/^(INFO: ).*( campaigns done, ).*/\1\2/; s/^(DETAIL:  Failing row contains ).*/\1/
    /^(CONTEXT|LOCATION): /d'
}

# psql repeats what it reads, but not the prompt. What it said stands in build/log/recipes/NAME.said, to be pasted.
shows() {
  local transcript said="$out/$1.said"
  transcript="$(block "$@")"
  sed -nE 's/^[=-][#>] //p' <<<"$transcript" |
    psql -X --echo-all -P pager=off -v SHOW_CONTEXT=never >"$said" 2>&1
  diff <(sed -E 's/^[=-][#>] //' <<<"$transcript" | steady) <(steady <<<"$(cat "$said")")
}

every_block_ran() {
  diff <(awk '/^```/ { open = !open; if (open) print $2 == "" ? "line " NR " has no name" : $2 }' "$RECIPES" | sort) \
    <(sort -u "$out/blocks")
}
