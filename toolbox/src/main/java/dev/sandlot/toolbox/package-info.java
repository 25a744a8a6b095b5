/// The toolbox API (api/toolbox.json) on top of the agents: what clients may ask of a running
/// sandbox, and in which words they are answered. Keeps no state of its own. Entry type: {@link
/// dev.sandlot.toolbox.Toolbox}.
@NullMarked
package dev.sandlot.toolbox;

import org.jspecify.annotations.NullMarked;
