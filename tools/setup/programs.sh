# shellcheck shell=bash
# Steps of set-up: our own programs. Sourced by setup.sh.

ready_native_download() { ready_native; }

do_native_download() {
  require_rust
  (cd "$REPOSITORY" && cargo fetch --locked)
}

ready_native() { [[ -x $(native_programs)/sandlot-launcher ]]; }

do_native() {
  local built target=x86_64-unknown-linux-gnu
  require_rust
  programs_begin "$(native_programs)"
  (cd "$REPOSITORY" && cargo build --release --locked --target "$target")
  built=${CARGO_TARGET_DIR:-$REPOSITORY/target}/$target/release
  install -m 0755 "$built/sandlot-launcher" "$built/sandlot-agent" "$programs_partial"
  programs_end
}

ready_server() { [[ -f $(server_programs)/sandlot-server.jar ]]; }

do_server() {
  require_java
  require_maven
  programs_begin "$(server_programs)"
  (cd "$REPOSITORY" && mvn --batch-mode --no-transfer-progress --quiet -Dsandlot.quick -Dmaven.test.skip=true package)
  cp -r "$REPOSITORY/server/target/sandlot-server.jar" "$REPOSITORY/server/target/lib" "$programs_partial"
  chmod -R a+rX "$programs_partial"
  programs_end
}

ready_start_cache() { [[ -f $(server_programs)/server.aot || -f $(server_programs)/no-start-cache ]]; }

# Without it the server starts a second later, which is no reason to stop here; up and test show what is wrong.
do_start_cache() {
  "$REPOSITORY/tools/train.sh" && return 0
  echo "The training run failed; see the log of set-up's step start-cache." >"$(server_programs)/no-start-cache"
}

# programs_begin TARGET, programs_end: fill programs_partial in between; it becomes TARGET at once or not at all.
programs_begin() {
  programs_target=$1 programs_partial=$1.partial
  rm -rf "$programs_partial"
  mkdir -p "$programs_partial"
}

programs_end() {
  rm -rf "$programs_target"
  mv "$programs_partial" "$programs_target"
  programs_prune "${programs_target%-*}"
}

# Keeps the three latest builds of a kind: one may be running, one may belong to tests beside it. No other set-up is
# running, so what is half-built was given up.
programs_prune() {
  local old
  rm -rf "$1"-*.partial
  find "$SANDLOT_CACHE/programs" -maxdepth 1 -name "$(basename "$1")-*" ! -name '*.partial' -printf '%T@ %p\n' |
    sort -rn | awk 'NR > 3 { print $2 }' | while read -r old; do rm -rf "$old"; done
}
