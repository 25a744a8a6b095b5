package dev.sandlot.toolbox.desktop;

import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import java.io.IOException;
import java.util.Map;

/// Recordings of the screen (docs/contract/computer-use.md#recordings).
final class RecordingEndpoints {
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9 _-][A-Za-z0-9 ._-]{0,99}");
  private static final String LABEL_STANDARD = "session";

  private final Recordings recordings;
  private final FileDownload download;

  RecordingEndpoints(Recordings recordings, FileDownload download) {
    this.recordings = recordings;
    this.download = download;
  }

  void start(Exchange exchange) throws IOException, InterruptedException {
    String label =
        Arguments.of(exchange).text("label").filter(text -> !text.isEmpty()).orElse(LABEL_STANDARD);
    if (!LABEL.matcher(label).matches()) {
      throw new OperationFailure(
          ErrorCode.BAD_REQUEST,
          "bad request: label must be 1 to 100 letters, digits, blanks, points, underscores or"
              + " hyphens, and not begin with a point",
          Map.of("error", "invalid_label"));
    }
    Recording started = recordings.start(Calls.sandbox(exchange), label);
    exchange.sendJson(started.json());
  }

  void stop(Exchange exchange) {
    String id = Arguments.of(exchange).requiredText("id");
    Recording stopped =
        recordings
            .stop(Calls.sandbox(exchange), id)
            .orElseThrow(() ->
                new OperationFailure(
                    ErrorCode.NOT_FOUND, "not found: no active recording has the id " + id));
    exchange.sendJson(stopped.json());
  }

  void list(Exchange exchange) throws IOException, InterruptedException {
    exchange.sendJson(
        Map.of(
            "recordings",
            recordings.list(Calls.sandbox(exchange)).stream().map(Recording::json).toList()));
  }

  void get(Exchange exchange) throws IOException, InterruptedException {
    exchange.sendJson(recordings.get(Calls.sandbox(exchange), exchange.pathParameter("id")).json());
  }

  void delete(Exchange exchange) throws IOException, InterruptedException {
    recordings.delete(Calls.sandbox(exchange), exchange.pathParameter("id"));
    exchange.send();
  }

  void download(Exchange exchange) throws IOException, InterruptedException {
    Recording recording = recordings.get(Calls.sandbox(exchange), exchange.pathParameter("id"));
    download.send(exchange, recording.path());
  }
}
