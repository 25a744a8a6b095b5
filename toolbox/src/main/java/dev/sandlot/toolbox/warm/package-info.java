/// Processes that are started before they are needed, so that commands and programs need not wait
/// for a shell or an interpreter to start (docs/adr/0008, docs/adr/0013). Entry type: {@link
/// dev.sandlot.toolbox.warm.WarmProcesses}.
@NullMarked
package dev.sandlot.toolbox.warm;

import org.jspecify.annotations.NullMarked;
