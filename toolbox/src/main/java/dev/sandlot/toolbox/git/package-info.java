/// The Git calls of the toolbox (docs/contract/git.md and docs/contract/versions.md#operations), by
/// the `git` program of the sandbox. docs/adr/0007 says how credentials are passed and which hooks
/// run. Entry type: {@link dev.sandlot.toolbox.git.GitRoutes}, called by the toolbox's routes.
@NullMarked
package dev.sandlot.toolbox.git;

import org.jspecify.annotations.NullMarked;
