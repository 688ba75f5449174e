# shellcheck shell=bash
# META.json, the versions that stand in several files, and the archive for PGXN. Sourced by run.sh.

# jq for one value, without jq.
meta() { python3 -c 'import functools, json, sys; print(functools.reduce(dict.get, sys.argv[1:], json.load(open("META.json"))))' "$@"; }

meta_is_valid() {
  pgxn_meta META.json
  # The validator looks at what is there: a misspelt META.json must not pass it.
  sed 's/"abstract"/"abstrakt"/' META.json >"$scratch/META.json"
  never pgxn_meta "$scratch/META.json"
}

# The version in each file that has one.
versions() {
  local cargo='0,/^version/s/^version = "(.*)"/\1/p'
  echo "Cargo.toml $(sed -nE "$cargo" Cargo.toml)"
  echo "admin/Cargo.toml $(sed -nE "$cargo" admin/Cargo.toml)"
  echo "META.json $(meta version)"
  echo "META.json, provides $(meta provides spend_sync version)"
  echo "CHANGELOG.md $(sed -nE 's/^## \[([0-9.]+)\].*/\1/p' CHANGELOG.md | head -n 1)"
  echo "packaging/debian/changelog $(dpkg-parsechangelog -l packaging/debian/changelog -S Version | sed 's/-[0-9]*$//')"
  echo "the last upgrade $(cd sql && ls spend_sync--*--*.sql | sed -E 's/.*--(.*)\.sql/\1/' | sort -V | tail -n 1)"
  echo "spend_sync.control $(grep -qx "default_version = '@CARGO_VERSION@'" spend_sync.control && echo "$version")"
}

versions_agree() {
  versions
  [ "$(versions | awk '{ print $NF }' | sort -u)" = "$version" ]
}

# The oldest major that Cargo.toml has a feature for.
oldest_major_agrees() {
  local oldest
  oldest="$(sed -nE 's/^pg([0-9]+) = .*/\1/p' Cargo.toml | sort -n | head -n 1)"
  [ "$(meta prereqs runtime requires PostgreSQL)" = "$oldest.0.0" ]
}

archive_is_whole() {
  local archive
  archive="$(scripts/dist.sh)"
  [ "$archive" = "$BUILD/dist/spend_sync-$version.zip" ]
  python3 -m zipfile --test "$archive"
  python3 -m zipfile --extract "$archive" "$unpacked"
  # As the repository has them: no file of a build, and all in one folder.
  [ "$(ls "$unpacked")" = "spend_sync-$version" ]
  diff <(git ls-tree -r --name-only HEAD | sort) <(cd "$unpacked/spend_sync-$version" && find . -type f -o -type l | sed 's|^\./||' | sort)
  cd "$unpacked/spend_sync-$version"
  cmp META.json "$ROOT/META.json"
  [ -f "$(meta provides spend_sync file)" ]
  [ -f "$(meta provides spend_sync docfile)" ]
  # zipfile forgets modes.
  chmod +x scripts/*.sh packaging/*.sh
}

archive_is_usable() {
  cd "$unpacked/spend_sync-$version"
  # Told apart from what a make in the repository hands down.
  env -u MAKEFLAGS -u MAKELEVEL -u BUILD make help | grep 'make install '
  cargo metadata --locked --offline --no-deps --format-version=1 | grep -F "\"version\":\"$version\""
}
