/// The stateful interpreter (docs/contract/interpreter.md): contexts that keep their variables from
/// one execution to the next. A context is a process inside the sandbox, found again by its labels;
/// the only state here is the queues of waiting executions. Entry type: {@link
/// dev.sandlot.toolbox.interpreter.InterpreterRoutes}.
@NullMarked
package dev.sandlot.toolbox.interpreter;

import org.jspecify.annotations.NullMarked;
