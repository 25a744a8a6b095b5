/// Runs programs of a language (docs/contract/processes.md). A wrapper around one in Python
/// describes the charts that it shows, and the descriptions are taken out of its output again.
/// Entry type: {@link dev.sandlot.toolbox.code.CodeRunner}.
@NullMarked
package dev.sandlot.toolbox.code;

import org.jspecify.annotations.NullMarked;
