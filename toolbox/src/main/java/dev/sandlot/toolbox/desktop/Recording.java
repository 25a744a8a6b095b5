package dev.sandlot.toolbox.desktop;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sandlot.agentclient.files.FileStatus;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// A recording of the screen (docs/contract/computer-use.md#recordings).
///
/// @param path absolute, of the video
/// @param end empty while it is active
/// @param duration so far
/// @param sizeBytes empty while it is active, or when there is no file
record Recording(
    String id,
    String path,
    Instant start,
    Optional<Instant> end,
    State state,
    Duration duration,
    OptionalLong sizeBytes) {
  private static final String SUFFIX = ".mp4";
  private static final double MILLISECONDS = 1_000.0;

  /// File names that we choose: id, label, time.
  private static final Pattern NAME =
      Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_.+_([0-9]{8}_[0-9]{6})\\.mp4");

  private static final DateTimeFormatter NAME_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss", Locale.ROOT);

  /// The state of a recording.
  enum State {
    RECORDING,
    COMPLETED,
    FAILED
  }

  static boolean isFile(String path) {
    return path.startsWith("/") && path.endsWith(SUFFIX);
  }

  static Recording active(String id, String path, Instant start, Instant now) {
    return new Recording(
        id,
        path,
        start,
        Optional.empty(),
        State.RECORDING,
        between(start, now),
        OptionalLong.empty());
  }

  static Recording ended(
      String id, String path, Instant start, Instant end, boolean complete, OptionalLong size) {
    return new Recording(
        id,
        path,
        start,
        Optional.of(end),
        complete ? State.COMPLETED : State.FAILED,
        between(start, end),
        size);
  }

  /// A video found in the folder. The id of one that we did not record is its file name.
  static Recording found(FileStatus file) {
    Instant end = file.modifiedAt();
    Matcher name = NAME.matcher(file.name());
    boolean ours = name.matches();
    String id =
        ours ? name.group(1) : file.name().substring(0, file.name().length() - SUFFIX.length());
    Instant start = ours ? time(name.group(2)).filter(end::isAfter).orElse(end) : end;
    return ended(id, file.path(), start, end, true, OptionalLong.of(file.size()));
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(LocalDateTime.parse(text, NAME_TIME).toInstant(ZoneOffset.UTC));
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  private static Duration between(Instant start, Instant end) {
    return end.isAfter(start) ? Duration.between(start, end) : Duration.ZERO;
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("fileName", path.substring(path.lastIndexOf('/') + 1));
    json.put("filePath", path);
    json.put("startTime", DateTimeFormatter.ISO_INSTANT.format(start));
    end.ifPresent(time -> json.put("endTime", DateTimeFormatter.ISO_INSTANT.format(time)));
    json.put("status", state.name().toLowerCase(Locale.ROOT));
    json.put("durationSeconds", duration.toMillis() / MILLISECONDS);
    sizeBytes.ifPresent(size -> json.put("sizeBytes", size));
    return json;
  }
}
