package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.controlplane.snapshot.ReportedImage;
import dev.sandlot.http.BodyReader;
import dev.sandlot.model.WebOrigin;
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
  private static final int IMAGES_MAX = 1_000;

  /// Of an image's name or id.
  private static final int TEXT_LENGTH_MAX = 256;

  /// @throws OperationFailure BAD_REQUEST when it does not fit, or says what cannot be
  static RunnerReport read(BodyReader body) {
    RunnerReport report = body.as(RunnerReport.class);
    if (report.proxyUrl != null
        && !report.proxyUrl.isEmpty()
        && WebOrigin.parse(report.proxyUrl).isEmpty()) {
      throw body.refused(
          "proxyUrl",
          "must be a scheme, a host and a port, such as https://runner.example.org:3003");
    }
    if (report.images != null) {
      if (report.images.size() > IMAGES_MAX) {
        throw body.refused("images", "may have at most " + IMAGES_MAX + " entries");
      }
      report.images.forEach((name, image) -> {
        if (!text(name) || image == null || !text(image.ref()) || image.sizeBytes() < 0) {
          throw body.refused(
              "images", "must have for each name an id as ref, and sizeBytes of 0 or more");
        }
      });
    }
    return report;
  }

  private static boolean text(@Nullable String text) {
    return text != null
        && !text.isEmpty()
        && text.length() <= TEXT_LENGTH_MAX
        && text.chars().noneMatch(unit -> unit < ' ' || Character.isSurrogate((char) unit));
  }

  /// One part of the runner.
  record ServiceHealth(
      @Nullable String serviceName, boolean healthy, @Nullable String errorReason) {}

  double metric(String name) {
    return metrics != null && metrics.get(name) instanceof Number number ? number.doubleValue() : 0;
  }
}
