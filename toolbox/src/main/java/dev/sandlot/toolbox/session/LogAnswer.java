package dev.sandlot.toolbox.session;

import dev.sandlot.http.Exchange;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Answers with logs as streams: each part is read again instead of held in memory.
final class LogAnswer {
  private static final JsonFactory JSON = new JsonFactory();

  private LogAnswer() {}

  /// Answers with a log, in the form that the client expects.
  static void send(Exchange exchange, LogForm form, CommandOutput.Opener log) throws IOException {
    if (form == LogForm.SPLIT) {
      JsonGenerator json = begin(exchange);
      streams(json, log);
      end(json);
      return;
    }
    exchange.responseHeader("Content-Type", "text/plain; charset=utf-8");
    LogStream.Part part = form == LogForm.CLEAN ? LogStream.Part.CLEAN : LogStream.Part.MARKED;
    try (LogStream stream = new LogStream(log.open(), part);
        OutputStream out = exchange.outputStream()) {
      stream.transferTo(out);
    }
  }

  /// Answers with the log and the status of a command that has ended.
  static void send(Exchange exchange, LogForm form, String id, CommandOutput.Opener log, int status)
      throws IOException {
    JsonGenerator json = begin(exchange);
    json.writeStringProperty("cmdId", id);
    switch (form) {
      case SPLIT -> streams(json, log);
      case MARKED, CLEAN -> {
        text(
            json,
            "output",
            log,
            form == LogForm.CLEAN ? LogStream.Part.CLEAN : LogStream.Part.MARKED);
        json.writeNullProperty("stdout");
        json.writeNullProperty("stderr");
      }
    }
    json.writeNumberProperty("exitCode", status);
    end(json);
  }

  private static void streams(JsonGenerator json, CommandOutput.Opener log) throws IOException {
    text(json, "output", log, LogStream.Part.MARKED);
    text(json, "stdout", log, LogStream.Part.OUTPUT);
    text(json, "stderr", log, LogStream.Part.ERROR);
  }

  private static void text(
      JsonGenerator json, String name, CommandOutput.Opener log, LogStream.Part part)
      throws IOException {
    json.writeName(name);
    try (Reader text = LogStream.text(log.open(), part)) {
      json.writeString(text, -1);
    }
  }

  private static JsonGenerator begin(Exchange exchange) {
    exchange.responseHeader("Content-Type", "application/json; charset=utf-8");
    JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), exchange.outputStream());
    json.writeStartObject();
    return json;
  }

  private static void end(JsonGenerator json) {
    json.writeEndObject();
    json.close();
  }
}
