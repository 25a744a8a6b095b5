# shellcheck shell=bash
# Where our own built programs lie. Sourced, after common.sh; never run.
#
# They run from the cache and not from the working copy: users without rights on the working copy run them, and a
# build in it must not change the files of a running server. The folder's name holds a hash of the sources.

# sources_hash PATH...: a short hash of all files below that can be part of a program: no tests, no build results.
sources_hash() {
  (
    cd "$REPOSITORY" || exit
    find "$@" \( -name target -o -name tests -o -path '*/src/test' \) -prune -o -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12
  )
}

native_programs() {
  echo "$SANDLOT_CACHE/programs/native-$(sources_hash Cargo.toml Cargo.lock .cargo agent agent-link launcher api/agent.proto)"
}

server_programs() {
  echo "$SANDLOT_CACHE/programs/server-$(sources_hash pom.xml .mvn libs control-plane runner proxy server api)"
}
