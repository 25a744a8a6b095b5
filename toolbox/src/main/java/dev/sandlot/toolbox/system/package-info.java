/// Directories, environment, resource usage and ports of a sandbox. Entry type: {@link
/// dev.sandlot.toolbox.system.SystemEndpoints}.
@NullMarked
package dev.sandlot.toolbox.system;

import org.jspecify.annotations.NullMarked;
