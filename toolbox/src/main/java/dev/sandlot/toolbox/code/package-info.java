/// Runs programs (docs/contract/processes.md). Python programs with charts run in a wrapper that
/// writes descriptions of them, which are extracted from the output. Entry type: {@link
/// dev.sandlot.toolbox.code.CodeRunner}.
@NullMarked
package dev.sandlot.toolbox.code;

import org.jspecify.annotations.NullMarked;
