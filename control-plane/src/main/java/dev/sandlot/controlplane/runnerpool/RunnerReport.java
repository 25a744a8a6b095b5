package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.controlplane.snapshot.ReportedImage;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a runner reports of itself every 30 seconds: the contract's `RunnerHealthcheck`, and what
/// it has to make sandboxes from.
///
/// @param images the newest image of each name; of our own protocol
record RunnerReport(
    @Nullable Map<String, Object> metrics,
    @Nullable List<ServiceHealth> serviceHealth,
    @Nullable String domain,
    @Nullable String proxyUrl,
    @Nullable String apiUrl,
    @Nullable String appVersion,
    @Nullable Map<String, ReportedImage> images) {
  /// One part of the runner.
  record ServiceHealth(
      @Nullable String serviceName, boolean healthy, @Nullable String errorReason) {}

  double metric(String name) {
    return metrics != null && metrics.get(name) instanceof Number number ? number.doubleValue() : 0;
  }
}
