/// Sessions of the toolbox (docs/contract/sessions.md): long-lived shells, their commands and logs.
/// Entry type: {@link dev.sandlot.toolbox.session.SessionRoutes}, for the toolbox's routes. All
/// state is in processes of the sandbox's agent, found again by their labels; this package keeps
/// none (docs/sessions.md says how).
@NullMarked
package dev.sandlot.toolbox.session;

import org.jspecify.annotations.NullMarked;
