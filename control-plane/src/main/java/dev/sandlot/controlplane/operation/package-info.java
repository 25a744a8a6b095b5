/// What an operation of the control API is: one row that says what the contract calls it, who may
/// call it, what it names and whose that is, whether it is audited, how it is limited. Entry types:
/// {@link dev.sandlot.controlplane.operation.OperationRow}, {@link
/// dev.sandlot.controlplane.operation.Call}. Knows no capability.
@NullMarked
package dev.sandlot.controlplane.operation;

import org.jspecify.annotations.NullMarked;
