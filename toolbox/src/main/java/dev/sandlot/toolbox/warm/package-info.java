/// Shells and interpreters that are started before they are needed, so that calls do not wait for
/// them (docs/adr/0008, docs/adr/0013). Entry type: {@link dev.sandlot.toolbox.warm.WarmProcesses}.
@NullMarked
package dev.sandlot.toolbox.warm;

import org.jspecify.annotations.NullMarked;
