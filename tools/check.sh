#!/usr/bin/env bash
# What needs no root and no sandbox: formatting, lints, architecture, unit tests. Meant to be run before every commit.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.sh
source "$here/versions.sh"
for library in common toolchains lints; do
  # shellcheck disable=SC1090
  source "$here/lib/$library.sh"
done

require_java
require_maven
require_rust
require_shellcheck
cd "$REPOSITORY"

say "Scripts: shellcheck"
lint_scripts
say "Rust: format, clippy, unit tests"
lint_rust
cargo test --workspace --locked --lib --bins
say "Java: format, Error Prone, architecture, unit tests"
make_scratch
trap remove_scratch EXIT
mvn --batch-mode --no-transfer-progress -Dtest.scratch="$SCRATCH" spotless:check test
