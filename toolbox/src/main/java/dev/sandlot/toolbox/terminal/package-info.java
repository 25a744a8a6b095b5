/// Terminals of the toolbox (docs/contract/terminals.md): shells on pseudo-terminals, and their
/// viewers. Entry type: {@link dev.sandlot.toolbox.terminal.TerminalRoutes}, for the toolbox's
/// routes. A terminal is a labelled process of the sandbox's agent, with its output on the
/// sandbox's disk; this package keeps no state.
@NullMarked
package dev.sandlot.toolbox.terminal;

import org.jspecify.annotations.NullMarked;
