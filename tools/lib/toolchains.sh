# shellcheck shell=bash
# Finds the tool chains that the builds need. Sourced, after common.sh and versions.sh; never run.

# java_home: the folder of a JDK of the wanted release, or nothing.
java_home() {
  local candidate
  for candidate in "${SANDLOT_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*"$JAVA_MAJOR"* /opt/*jdk*"$JAVA_MAJOR"*; do
    [[ -x $candidate/bin/javac ]] || continue
    grep -qs "^JAVA_VERSION=\"${JAVA_MAJOR}[.\"]" "$candidate/release" || continue
    echo "$candidate"
    return 0
  done
}

require_java() {
  JAVA_HOME=$(java_home)
  [[ -n $JAVA_HOME ]] || fail "JDK $JAVA_MAJOR is missing. Install one (Debian 13: apt-get install openjdk-$JAVA_MAJOR-jdk-headless;" \
    "elsewhere any build of OpenJDK $JAVA_MAJOR) or name its folder in SANDLOT_JAVA_HOME."
  export JAVA_HOME
}

# version_of PROGRAM ARGUMENTS...: the first dotted number that it prints.
version_of() { "$@" 2>/dev/null | grep -Eom1 '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1; }

require_maven() {
  have mvn || fail "Maven is missing. Install it (apt-get install maven)."
  at_least "$(version_of mvn --version)" "$MAVEN_MINIMUM" ||
    fail "Maven $(version_of mvn --version) is older than $MAVEN_MINIMUM. Install a later one."
}

require_rust() {
  if ! have cargo && [[ -x $HOME/.cargo/bin/cargo ]]; then PATH=$HOME/.cargo/bin:$PATH; fi
  if ! have cargo && have rustup; then rustup toolchain install "$RUST_MINIMUM" --profile minimal -c clippy -c rustfmt; fi
  have cargo || fail "Rust is missing. Install $RUST_MINIMUM or later with rustup, and run the same command again."
  at_least "$(version_of cargo --version)" "$RUST_MINIMUM" ||
    fail "Rust $(version_of cargo --version) is older than $RUST_MINIMUM. Run: rustup update stable"
}

require_shellcheck() {
  have shellcheck || fail "shellcheck is missing, which reads the scripts. Install it (apt-get install shellcheck)" \
    "or run: ./dev setup shellcheck"
}

require_node() {
  { have node && have npm; } || fail "Node.js with npm is missing. Install version ${NODE_MINIMUM%%.*} or later."
  at_least "$(version_of node --version)" "$NODE_MINIMUM" ||
    fail "Node.js $(version_of node --version) is older than $NODE_MINIMUM. Install a later one."
}

require_python() {
  have python3 || fail "Python 3 is missing. Install it (apt-get install python3 python3-venv)."
  at_least "$(version_of python3 --version)" "$PYTHON_MINIMUM" ||
    fail "Python $(version_of python3 --version) is older than $PYTHON_MINIMUM. Install a later one."
}

# go_program: a Go tool chain that can build the engine, from the machine or from the cache, or nothing.
go_program() {
  local candidate
  for candidate in "$(command -v go || true)" /usr/local/go/bin/go "$SANDLOT_CACHE/go/bin/go"; do
    if [[ -x $candidate ]] && at_least "$("$candidate" env GOVERSION | tr -d go)" "$GO_MINIMUM"; then
      echo "$candidate"
      return 0
    fi
  done
}
