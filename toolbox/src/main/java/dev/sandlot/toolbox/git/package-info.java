/// The Git calls of the toolbox (docs/contract/git.md and docs/contract/versions.md#operations), by
/// the `git` program of the sandbox. How credentials travel and which hooks run: docs/adr/0007.
/// Entry type: {@link dev.sandlot.toolbox.git.GitRoutes}. Called by the toolbox's routes; uses the
/// toolbox's failures and limits.
@NullMarked
package dev.sandlot.toolbox.git;

import org.jspecify.annotations.NullMarked;
