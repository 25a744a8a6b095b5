# shellcheck shell=bash
# Steps of set-up: two programs that find faults of file systems, and what libFuzzer is built with. Sourced by setup.sh.

fsx_program() { echo "$SANDLOT_CACHE/fsx/$FSX_VERSION/bin/fsx"; }

ready_exercisers() { have stress-ng && [[ -x $(fsx_program) ]]; }

do_exercisers() {
  have stress-ng || apt_install stress-ng
  [[ ! -x $(fsx_program) ]] || return 0
  require_rust
  # Static, as it runs inside images of any kind; outside of our workspace, whose settings are not for it.
  (cd / && RUSTFLAGS="-C target-feature=+crt-static" cargo install --quiet --locked --target x86_64-unknown-linux-gnu \
    --root "$SANDLOT_CACHE/fsx/$FSX_VERSION" "fsx@$FSX_VERSION")
}

ready_fuzzer() { have g++; }

do_fuzzer() { apt_install g++; }
