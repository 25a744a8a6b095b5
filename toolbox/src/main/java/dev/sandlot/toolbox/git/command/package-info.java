/// Runs git inside a sandbox and classifies its failures. Entry type: {@link
/// dev.sandlot.toolbox.git.command.Git}.
@NullMarked
package dev.sandlot.toolbox.git.command;

import org.jspecify.annotations.NullMarked;
