#!/usr/bin/env bash
# Makes the cache that lets the server start fast (the JDK's AOT cache): starts a server with an installation of its
# own, has it run a sandbox once, and stops it; the JDK writes down which classes were loaded and how.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for name in $(compgen -e SANDLOT_); do
  case $name in SANDLOT_CACHE | SANDLOT_JAVA_HOME | SANDLOT_RUNSC | SANDLOT_RUNC) ;; *) unset "$name" ;; esac
done
export SANDLOT_INSTANCE=a SANDLOT_HOME=/var/lib/sandlot-training SANDLOT_API_PORT=33000 SANDLOT_PROXY_PORT=34000
export SANDLOT_ADDRESS_POOL=10.216.0.0/24 SANDLOT_POOL_GIB=1 SANDLOT_SANDBOXES_MAX=4
SANDLOT_AOT_OUTPUT=$SANDLOT_HOME/server/server.aot
# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains engine programs instance; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done

trap 'remove_home || true' EXIT
trap 'exit 130' INT TERM
remove_home
make_home
start_launcher
start_server
DAYTONA_API_URL=$(api_url) DAYTONA_API_KEY=$(admin_key) SANDLOT_HOME=$SANDLOT_HOME python3 "$here/first-run.py"
stop server 90 # the cache is written when the server ends
as_server cat "$SANDLOT_AOT_OUTPUT" | install -m 0644 /dev/stdin "$(server_programs)/server.aot.partial"
mv "$(server_programs)/server.aot.partial" "$(server_programs)/server.aot"
