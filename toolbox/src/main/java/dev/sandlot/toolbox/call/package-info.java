/// What every call of the toolbox has: the sandbox it is for, its body, its limits, how its
/// failures read. Entry type: {@link dev.sandlot.toolbox.call.Calls}.
@NullMarked
package dev.sandlot.toolbox.call;

import org.jspecify.annotations.NullMarked;
