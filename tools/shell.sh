#!/usr/bin/env bash
# A shell, or one command, with what the builds and the tests use: the JDK, Maven, Rust, Node.js, the pinned Python
# client, and the variables that point a client at the server here, when there is one. It installs no tool chain.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains clients instance; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done

# Where set-up has not been, a client waits until somebody wants one.
add_client() {
  mkdir -p "$SANDLOT_CACHE" 2>/dev/null && [[ -w $SANDLOT_CACHE ]] || return 0
  local python
  python=$(client_python) || return 0
  PATH=$(dirname "$python"):$PATH
}

add_server() {
  DAYTONA_API_URL=$(api_url)
  export DAYTONA_API_URL
  [[ ! -r $ADMIN_KEY ]] || DAYTONA_API_KEY=$(admin_key)
  [[ -z ${DAYTONA_API_KEY:-} ]] || export DAYTONA_API_KEY
}

require_java
require_maven
require_rust
PATH=$JAVA_HOME/bin:$PATH
add_client
add_server
export PATH SANDLOT_CACHE SANDLOT_HOME
(($# == 0)) || exec "$@"

say "$(java -version 2>&1 | head -n 1)"
say "Maven $(version_of mvn --version), $(cargo --version)"
say "Node.js $(version_of node --version || echo missing), $(python3 --version)"
say "Python client: $(python3 -c 'import importlib.metadata as m; print(m.version("daytona"))' 2>/dev/null || echo missing)"
say "Server: $DAYTONA_API_URL, $([[ -n ${DAYTONA_API_KEY:-} ]] && echo "with its key" || echo "no key: ./dev up makes one, and root alone may read it")"
say "exit leaves this shell."
exec bash --noprofile --rcfile <(echo 'PS1="sandlot \w\$ "') -i
