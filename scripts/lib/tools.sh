# shellcheck shell=bash
# Programs of cargo's that are built into build/tools once, of the version that is asked for, and what cargo-pgrx is
# told. Sourced, never run.
#
# ensure_tool PACKAGE VERSION TIME [ARGUMENT...]   the arguments come before --version, where the program wants some.
# ensure_pgrx_home HOME MAJOR PG_CONFIG            which PostgreSQL it builds for.
ensure_tool() {
  local package="$1" version="$2" time="$3" attempt
  shift 3
  [ "$("$BUILD/tools/bin/$package" "$@" --version 2>/dev/null)" != "$package $version" ] || return 0
  echo "$(script_name): building $package $version ($time, once)"
  # Its target folder is kept until it is built, so that a second attempt after a lost connection goes on from there.
  for attempt in 1 2; do
    if CARGO_TARGET_DIR="$BUILD/tools/target" cargo install --quiet --root "$BUILD/tools" --locked --debug \
      "$package" --version "=$version"; then
      rm -rf "$BUILD/tools/target"
      return
    fi
    [ "$attempt" = 2 ] || echo "$(script_name): that failed; trying once more"
  done
  fail "could not build $package $version"
}

# What `cargo pgrx init --pg15=...` writes, without its initdb (which refuses root). A new time stamp on this file would
# rebuild pgrx, so it is written only when it changes.
ensure_pgrx_home() {
  local home="$1" config="[configs]
pg$2 = \"$3\""
  [ "$(cat "$home/config.toml" 2>/dev/null)" != "$config" ] || return 0
  mkdir -p "$home"
  echo "$config" >"$home/config.toml"
}
