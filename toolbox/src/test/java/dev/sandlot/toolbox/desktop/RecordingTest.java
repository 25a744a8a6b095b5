package dev.sandlot.toolbox.desktop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.agentclient.files.FileStatus;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecordingTest {
  private static final Instant MODIFIED = Instant.parse("2026-03-04T05:06:17Z");

  private static Recording found(String name) {
    return Recording.found(
        new FileStatus(
            "/home/daytona/" + name, name, FileStatus.FileKind.REGULAR, 9, 0644, 0, 0, MODIFIED));
  }

  @Test
  void readsIdAndTimesFromItsOwnFileNames() {
    String id = "0b7c9a52-6a3e-4d0f-9d53-0c7f6c1d2e3f";

    Recording recording = found(id + "_my label_20260304_050607.mp4");

    assertThat(recording.id()).isEqualTo(id);
    assertThat(recording.json())
        .containsEntry("startTime", "2026-03-04T05:06:07Z")
        .containsEntry("endTime", "2026-03-04T05:06:17Z")
        .containsEntry("durationSeconds", 10.0)
        .containsEntry("status", "completed")
        .containsEntry("sizeBytes", 9L);
  }

  @Test
  void listsAVideoItDidNotRecord() {
    Recording recording = found("holiday.mp4");

    assertThat(recording.id()).isEqualTo("holiday");
    assertThat(recording.start()).isEqualTo(MODIFIED);
    assertThat(recording.json()).containsEntry("durationSeconds", 0.0);
  }

  @Test
  void ignoresInvalidAndFutureTimesInNames() {
    String id = "0b7c9a52-6a3e-4d0f-9d53-0c7f6c1d2e3f";

    assertThat(found(id + "_x_20269999_050607.mp4").start()).isEqualTo(MODIFIED);
    assertThat(found(id + "_x_20300304_050607.mp4").start()).isEqualTo(MODIFIED);
  }
}
