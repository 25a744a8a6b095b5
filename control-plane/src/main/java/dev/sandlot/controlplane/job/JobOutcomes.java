package dev.sandlot.controlplane.job;

/// Learns how jobs of one kind of resource ended, in the transaction that records the end.
public interface JobOutcomes {
  /// The runner did it.
  void completed(Job job);

  /// It will not be done.
  ///
  /// @param reason a sentence
  void failed(Job job, String reason);

  /// The runner did not report in time. It may still be at it.
  ///
  /// @param reason a sentence
  void expired(Job job, String reason);
}
