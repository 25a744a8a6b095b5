/// Computer use (docs/contract/computer-use.md): a desktop inside a sandbox, its screen, mouse,
/// keyboard, widgets and recordings. All state is in agent processes, found again by their ids, so
/// that nothing is lost when the runner restarts. Entry type: {@link
/// dev.sandlot.toolbox.desktop.DesktopRoutes}, which the toolbox calls.
@NullMarked
package dev.sandlot.toolbox.desktop;

import org.jspecify.annotations.NullMarked;
