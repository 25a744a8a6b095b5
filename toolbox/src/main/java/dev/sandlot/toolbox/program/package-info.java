/// How the text of a command or a program reaches the shell or interpreter that runs it, so that
/// standard input is left to what it starts (docs/adr/0013). Entry types: {@link
/// dev.sandlot.toolbox.program.ShellText} and {@link dev.sandlot.toolbox.program.CodeLanguage}; the
/// toolbox's routes and what waits for them call them.
@NullMarked
package dev.sandlot.toolbox.program;

import org.jspecify.annotations.NullMarked;
