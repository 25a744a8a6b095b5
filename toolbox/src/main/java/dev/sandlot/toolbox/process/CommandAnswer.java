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

/// The HTTP answer of a command that has ended (docs/contract/processes.md).
public final class CommandAnswer {
  private static final JsonFactory JSON = new JsonFactory();

  /// The Go client refuses keys that it does not know before this minor version.
  private static final int GO_ACCEPTS_EXTRA_KEYS = 188;

  private CommandAnswer() {}

  /// Whether the caller refuses keys that were added to the contract after its release.
  public static boolean refusesExtraKeys(Exchange exchange) {
    return Calls.fromGo(exchange) && ClientVersion.of(exchange).before(GO_ACCEPTS_EXTRA_KEYS);
  }

  /// Answers with the exit code, more keys, and the output.
  ///
  /// @param artifacts the additional keys, written after `exitCode`
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
      // `reason` and `signal` are not in the contract.
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
