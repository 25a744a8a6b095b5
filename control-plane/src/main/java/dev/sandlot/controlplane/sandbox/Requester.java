package dev.sandlot.controlplane.sandbox;

import java.util.function.BooleanSupplier;

/// Who waits for an answer.
///
/// @param left whether the answer would reach nobody any more; asked about once a second
record Requester(BooleanSupplier left) {}
