package dev.sandlot.model;

import java.util.Map;

/// The trace that a thread works for, as headers that carry it to other processes (W3C Trace
/// Context). It belongs to the thread: nothing hands it on as a parameter.
///
/// @param headers `traceparent` and `tracestate`; empty outside a trace
public record TraceContext(Map<String, String> headers) {
  private static final ScopedValue<TraceContext> CURRENT = ScopedValue.newInstance();

  /// No trace.
  public static final TraceContext NONE = new TraceContext(Map.of());

  public TraceContext {
    headers = Map.copyOf(headers);
  }

  /// What the current thread works for; {@link #NONE} when that is nothing.
  public static TraceContext current() {
    return CURRENT.orElse(NONE);
  }

  /// Does something that belongs to this trace.
  public <R, X extends Throwable> R call(ScopedValue.CallableOp<? extends R, X> work) throws X {
    return ScopedValue.where(CURRENT, this).call(work);
  }
}
