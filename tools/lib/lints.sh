# shellcheck shell=bash
# What ./dev check and the tests' part check look at beside the compilers. Sourced, after common.sh and toolchains.sh;
# never run. Both are run in the repository.

lint_scripts() { shellcheck dev .ci/run tools/*.sh tools/*/*.sh tools/image/*/*.sh tools/bench/run; }

lint_rust() {
  cargo fmt --all --check
  cargo clippy --workspace --all-targets --locked --quiet -- --deny warnings
}
