package dev.sandlot.controlplane.platform;

import java.util.function.Supplier;

/// Makes what several stores write one step: all of it or nothing.
public interface Transactions {
  /// Runs the work in one transaction; joins the one that this thread is in, if any. Signals that
  /// the work raises go out after the commit, and not at all if the work throws.
  <T> T run(Supplier<T> work);

  /// As {@link #run}, for work whose answer nobody has seen before a later commit: the commit does
  /// not wait for the disk. What it wrote may be lost with the machine, in order, never in part.
  <T> T runRelaxed(Supplier<T> work);

  /// Tells every control plane on this database, after the commit, that something changed.
  ///
  /// @param topic what, "sandbox:…"
  void raise(String topic);
}
