package dev.sandlot.runner.toolbox;

import dev.sandlot.agentclient.AgentFailure;
import dev.sandlot.agentclient.ProcessRequest;
import dev.sandlot.agentclient.RunOutcome;
import dev.sandlot.http.Exchange;
import dev.sandlot.runner.sandbox.HostedSandbox;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Runs a process and answers with what came of it (contract: toolbox-api.md §4).
final class CommandRunner {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int NO_EXIT_CODE = -1;

  private final ToolboxLimits limits;
  private final Path spoolFolder;

  CommandRunner(ToolboxLimits limits, Path spoolFolder) {
    this.limits = limits;
    this.spoolFolder = spoolFolder;
  }

  void run(HostedSandbox sandbox, ProcessRequest request, Exchange exchange)
      throws IOException, InterruptedException {
    try (SpooledOutput output = new SpooledOutput(limits, spoolFolder)) {
      RunOutcome outcome;
      try {
        outcome = sandbox.agent().run(request, output);
      } catch (SpooledOutput.LimitPassed _) {
        throw ToolboxFailures.tooMuchOutput(limits.outputBytesMax(), output.head());
      } catch (AgentFailure failure) {
        throw ToolboxFailures.of(failure);
      }
      switch (outcome) {
        case RunOutcome.Exited(_, boolean timedOut) when timedOut ->
            throw ToolboxFailures.timedOut(output.head());
        case RunOutcome.Exited(int code, _) -> answer(exchange, code, output);
        case RunOutcome.NotStarted(String reason) ->
            exchange.sendJson(Map.of("exitCode", NO_EXIT_CODE, "result", reason));
      }
    }
  }

  private static void answer(Exchange exchange, int code, SpooledOutput output) throws IOException {
    if (output.small()) {
      exchange.sendJson(Map.of("exitCode", code, "result", output.text()));
      return;
    }
    exchange.responseHeader("Content-Type", "application/json; charset=utf-8");
    OutputStream out = exchange.outputStream();
    try (Reader text = output.reader()) {
      JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out);
      json.writeStartObject();
      json.writeNumberProperty("exitCode", code);
      json.writeName("result");
      json.writeString(text, -1);
      json.writeEndObject();
      json.flush();
    }
    out.close();
  }
}
