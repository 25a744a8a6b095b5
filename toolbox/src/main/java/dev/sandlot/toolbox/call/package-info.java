/// What toolbox calls have in common: the sandbox, the body, limits, and failures. Entry type:
/// {@link dev.sandlot.toolbox.call.Calls}.
@NullMarked
package dev.sandlot.toolbox.call;

import org.jspecify.annotations.NullMarked;
