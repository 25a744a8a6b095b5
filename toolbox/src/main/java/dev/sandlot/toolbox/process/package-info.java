/// Runs commands to their end and answers with their output. Entry type: {@link
/// dev.sandlot.toolbox.process.CommandRunner}.
@NullMarked
package dev.sandlot.toolbox.process;

import org.jspecify.annotations.NullMarked;
