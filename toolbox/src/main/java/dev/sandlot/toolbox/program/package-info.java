/// How the text of a command or a program reaches the shell or interpreter that runs it, leaving
/// standard input free for the program (docs/adr/0013). Entry types: {@link
/// dev.sandlot.toolbox.program.ShellText} and {@link dev.sandlot.toolbox.program.CodeLanguage},
/// called by the process and code endpoints and by the waiting processes.
@NullMarked
package dev.sandlot.toolbox.program;

import org.jspecify.annotations.NullMarked;
