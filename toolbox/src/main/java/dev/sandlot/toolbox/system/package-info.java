/// What a sandbox is and uses: directories, environment, measurements, ports. Entry type: {@link
/// dev.sandlot.toolbox.system.SystemEndpoints}.
@NullMarked
package dev.sandlot.toolbox.system;

import org.jspecify.annotations.NullMarked;
