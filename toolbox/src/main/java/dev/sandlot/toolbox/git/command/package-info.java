/// Runs git inside a sandbox and explains its failures. Entry type: {@link
/// dev.sandlot.toolbox.git.command.Git}.
@NullMarked
package dev.sandlot.toolbox.git.command;

import org.jspecify.annotations.NullMarked;
