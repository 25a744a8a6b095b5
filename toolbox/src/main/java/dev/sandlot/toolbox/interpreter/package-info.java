/// The stateful interpreter (docs/contract/interpreter.md): contexts that keep their variables from
/// one execution to the next. A context is a process inside the sandbox, found again by its labels;
/// here are only the queues of those who wait for one. Entry type: {@link
/// dev.sandlot.toolbox.interpreter.InterpreterRoutes}.
@NullMarked
package dev.sandlot.toolbox.interpreter;

import org.jspecify.annotations.NullMarked;
