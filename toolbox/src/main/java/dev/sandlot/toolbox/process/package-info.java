/// Runs a command to its end and answers with what it wrote. Entry type: {@link
/// dev.sandlot.toolbox.process.CommandRunner}.
@NullMarked
package dev.sandlot.toolbox.process;

import org.jspecify.annotations.NullMarked;
