#!/usr/bin/env bash
# rustc.sh RUSTC ARGUMENTS...   cargo's RUSTC_WRAPPER where a major has no headers: pgrx then builds with the bindings
# that it ships for its documentation, if this one crate is told so.
for argument in "$@"; do
  [ "$argument" != pgrx_pg_sys ] || exec "$@" --cfg docsrs
done
exec "$@"
