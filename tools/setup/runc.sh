# shellcheck shell=bash
# Steps of set-up: the opt-in second engine, for tests and for who chose it. Sourced by setup.sh.

ready_runc_download() { [[ -n $(runc_program) ]]; }

do_runc_download() {
  [[ -n $(go_program) ]] || do_go
  local answer
  answer=$(engine_go mod download -json "$RUNC_MODULE@v$RUNC_VERSION")
  [[ $(runc_answer Sum <<<"$answer") == "$RUNC_SUM" ]] ||
    fail "The module proxy gave other sources of runc $RUNC_VERSION than tools/versions.sh expects."
  (cd "$(runc_answer Dir <<<"$answer")" && GOTOOLCHAIN=local "$(go_program)" mod download)
}

ready_runc() { [[ -n $(runc_program) ]]; }

# As its own releases are made (static, position-independent, with seccomp), but for libpathrs, which has a stand-in in Go.
do_runc() {
  local target partial sources
  target=$(dirname "$(runc_own)")
  partial=$target.partial
  rm -rf "$partial"
  mkdir -p "$partial"
  sources=$(engine_go mod download -json "$RUNC_MODULE@v$RUNC_VERSION" | runc_answer Dir)
  (
    cd "$sources" || exit
    export GOTOOLCHAIN=local CGO_ENABLED=1 GOFLAGS="-trimpath -mod=readonly"
    "$(go_program)" build -buildmode=pie -tags "seccomp urfave_cli_no_docs netgo osusergo" \
      -ldflags "-s -w -linkmode external -extldflags -static-pie" -o "$partial/runc" .
  )
  # Without seccomp a plain container reaches every call of the host's kernel.
  "$partial/runc" --version | grep -q '^libseccomp: ' || fail "The runc built here has no seccomp."
  [[ $(runc_version "$partial/runc") == "$RUNC_VERSION" ]] || fail "The runc built here does not print its version."
  rm -rf "$target"
  mv "$partial" "$target"
}

# runc_answer FIELD: of what `go mod download -json` said.
runc_answer() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
