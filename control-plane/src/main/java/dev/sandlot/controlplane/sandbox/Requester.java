package dev.sandlot.controlplane.sandbox;

import java.util.Map;
import java.util.function.BooleanSupplier;

/// Who waits for an answer.
///
/// @param trace W3C headers of the request, for the job that carries it out
/// @param left whether the answer would reach nobody any more; asked about once a second
record Requester(Map<String, String> trace, BooleanSupplier left) {
  Requester {
    trace = Map.copyOf(trace);
  }
}
