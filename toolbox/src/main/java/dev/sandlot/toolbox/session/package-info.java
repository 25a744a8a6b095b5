/// Sessions of the toolbox (docs/contract/sessions.md): shells that stay, commands in them, and
/// what those write. Entry type: {@link dev.sandlot.toolbox.session.SessionRoutes}, for the
/// toolbox's routes. All state is processes of the sandbox's agent, found again by their labels:
/// nothing is kept here (docs/sessions.md says how).
@NullMarked
package dev.sandlot.toolbox.session;

import org.jspecify.annotations.NullMarked;
