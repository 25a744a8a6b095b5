/// Terminals of the toolbox (docs/contract/terminals.md): shells on a terminal of their own, and
/// those who look at them. Entry type: {@link dev.sandlot.toolbox.terminal.TerminalRoutes}, for the
/// toolbox's routes. A terminal is a process of the sandbox's agent with labels, its output on the
/// sandbox's disk: nothing is kept here.
@NullMarked
package dev.sandlot.toolbox.terminal;

import org.jspecify.annotations.NullMarked;
