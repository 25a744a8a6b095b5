/// The toolbox API (api/toolbox.json) on top of the agents: the calls that clients can make to a
/// running sandbox, and their answers. Keeps no state of its own. Entry type: {@link
/// dev.sandlot.toolbox.Toolbox}.
@NullMarked
package dev.sandlot.toolbox;

import org.jspecify.annotations.NullMarked;
