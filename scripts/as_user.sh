#!/usr/bin/env bash
# as_user.sh COMMAND...   runs a command as an ordinary user, because PostgreSQL refuses to start as root.
# as_user.sh --how        says which way it takes: plain, namespace or setpriv.
#
# plain      whoever calls is an ordinary user already.
# namespace  root, shown as postgres by a user namespace: files stay root's, so nothing has to be handed over.
# setpriv    root where user namespaces are forbidden (many containers): really becomes postgres, to whom the
#            folder of the clusters is handed over.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"

# pgrx connects as $USER, and PostgreSQL looks its user id up: it has to be one that the system knows.
user=postgres
getent passwd "$user" >/dev/null || user=nobody
group="$(id -gn "$user")"
namespace=(unshare --user "--map-user=$user" "--map-group=$group" --)

way() {
  if [ "$(id -u)" -ne 0 ]; then
    echo plain
  elif "${namespace[@]}" true 2>/dev/null; then
    echo namespace
  else
    echo setpriv
  fi
}

become_user() {
  install -d "$BUILD"
  install -d -o "$user" -g "$group" "$BUILD/clusters"
  local become=(setpriv "--reuid=$user" "--regid=$group" --clear-groups --)
  if ! "${become[@]}" test -x "$BUILD/clusters" 2>/dev/null; then
    fail "you are root, PostgreSQL refuses root, this system forbids user namespaces (unshare: not permitted), and" \
      "the user $user cannot reach $BUILD. Any one of these helps: run make as an ordinary user; move the clone" \
      "where every user may read, for instance below /srv; in a container, allow user namespaces" \
      "(docker run --security-opt seccomp=unconfined)."
  fi
  exec env "USER=$user" "LOGNAME=$user" "HOME=$BUILD/clusters" "${become[@]}" "$@"
}

if [ "${1:-}" = --how ]; then
  way
  exit
fi
case "$(way)" in
  plain) exec "$@" ;;
  namespace) exec env "USER=$user" "LOGNAME=$user" "${namespace[@]}" "$@" ;;
  setpriv) become_user "$@" ;;
esac
