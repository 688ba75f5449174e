# syntax=docker/dockerfile:1
# The official image of PostgreSQL with the extension's files added. docs/install.md says how to use it.
#   docker build --build-arg PG_MAJOR=15 --tag postgres-spend-sync:15 .
ARG PG_MAJOR=15

FROM postgres:${PG_MAJOR}-bookworm AS build
ARG RUST_VERSION=1.95.0
# PG_MAJOR is in the image's own environment too, for the scripts.
ENV PATH=/root/.cargo/bin:${PATH}
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# The newest of the distribution's security updates are wanted here, and the headers of the image's own PostgreSQL.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates curl gcc git libc6-dev libclang-dev make pkg-config \
    "postgresql-server-dev-${PG_MAJOR}" \
 && rm -rf /var/lib/apt/lists/*
RUN curl --proto '=https' --tlsv1.2 --silent --show-error --fail https://sh.rustup.rs \
 | sh -s -- -y --no-modify-path --profile minimal --default-toolchain "${RUST_VERSION}"
WORKDIR /spend_sync
# cargo-pgrx takes the longest, and changes with Cargo.toml alone.
COPY Cargo.toml ./
COPY scripts scripts
RUN scripts/setup.sh
COPY . .
RUN packaging/stage.sh /stage

FROM postgres:${PG_MAJOR}-bookworm
COPY --from=build /stage /
