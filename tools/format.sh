#!/usr/bin/env bash
# Puts Java and Rust sources into the one shape that ./dev check wants.
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
cargo fmt --all
mvn --batch-mode --quiet spotless:apply
