package dev.sandlot.toolbox.process;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.Json;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ClientVersion;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// How a command's end is answered over HTTP (docs/contract/processes.md).
public final class CommandAnswer {
  private static final JsonFactory JSON = new JsonFactory();

  /// Clients in Go before this minor version refuse keys that they do not know.
  private static final int GO_TAKES_EXTRA_KEYS = 188;

  private CommandAnswer() {}

  /// Whether the caller refuses keys that the contract had not in its time.
  public static boolean refusesExtraKeys(Exchange exchange) {
    return Calls.fromGo(exchange) && ClientVersion.of(exchange).before(GO_TAKES_EXTRA_KEYS);
  }

  /// Answers with the exit code, keys of the caller's, and the output.
  ///
  /// @param artifacts further keys, which stand behind `exitCode`
  public static void send(Exchange exchange, CommandResult result, Map<String, Object> artifacts)
      throws IOException {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("exitCode", result.exitCode());
    if (result.notStarted().isPresent()) {
      keys.put("result", result.notStarted().get());
      exchange.sendJson(keys);
      return;
    }
    keys.putAll(artifacts);
    if (!refusesExtraKeys(exchange)) {
      // Why a process ended early is an addition of ours.
      result.reason().ifPresent(reason -> keys.put("reason", reason));
      if (result.signal() != 0) {
        keys.put("signal", result.signal());
      }
    }
    if (result.output().small()) {
      keys.put("result", result.output().text());
      exchange.sendJson(keys);
      return;
    }
    stream(exchange, result.output(), keys);
  }

  private static void stream(Exchange exchange, SpooledOutput output, Map<String, Object> keys)
      throws IOException {
    exchange.responseHeader("Content-Type", "application/json; charset=utf-8");
    OutputStream out = exchange.outputStream();
    try (Reader text = output.reader()) {
      JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out);
      json.writeStartObject();
      for (Map.Entry<String, Object> key : keys.entrySet()) {
        json.writeName(key.getKey());
        json.writeRawValue(Json.text(key.getValue()));
      }
      json.writeName("result");
      json.writeString(text, -1);
      json.writeEndObject();
      json.flush();
    }
    out.close();
  }
}
