/// Charts of programs (docs/contract/processes.md): a wrapper around the program describes the
/// figures that it shows, and the descriptions are taken out of its output again.
@NullMarked
package dev.sandlot.toolbox.code;

import org.jspecify.annotations.NullMarked;
