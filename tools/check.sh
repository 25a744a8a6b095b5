#!/usr/bin/env bash
# What needs no root and no sandbox: formatting, lints, architecture, unit tests. Meant to be run before every commit.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.sh
source "$here/versions.sh"
source "$here/lib/common.sh"
source "$here/lib/toolchains.sh"

require_java
require_maven
require_rust
cd "$REPOSITORY"

say "Scripts: shellcheck"
if have shellcheck; then
  shellcheck dev .ci/run tools/*.sh tools/*/*.sh tools/image/*/*.sh
else
  warn "shellcheck is not installed, so the scripts were not looked at (apt-get install shellcheck)."
fi
say "Rust: format, clippy, unit tests"
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked --quiet -- --deny warnings
cargo test --workspace --locked --lib --bins
say "Java: format, Error Prone, architecture, unit tests"
mvn --batch-mode --no-transfer-progress spotless:check test
