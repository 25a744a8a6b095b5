package dev.sandlot.controlplane.job;

import dev.sandlot.http.BodyReader;
import dev.sandlot.model.job.JobStatus;
import java.util.Arrays;
import java.util.Optional;

/// What a runner says of a job.
///
/// @param resultMetadata JSON text
record JobReport(JobStatus status, Optional<String> errorMessage, Optional<String> resultMetadata) {
  private static final int TEXT_LENGTH_MAX = 16_384;

  /// @throws RuntimeException the body's refusal of what does not fit
  static JobReport read(BodyReader body) {
    String status = body.requiredText("status", TEXT_LENGTH_MAX);
    return new JobReport(
        JobStatus.parse(status)
            .orElseThrow(() ->
                body.refused("status", "must be one of " + Arrays.toString(JobStatus.values()))),
        body.text("errorMessage", TEXT_LENGTH_MAX),
        body.text("resultMetadata", TEXT_LENGTH_MAX));
  }
}
