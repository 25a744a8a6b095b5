package dev.sandlot.runner.toolbox;

import dev.sandlot.agentclient.AgentFailure;
import dev.sandlot.agentclient.HeldRun;
import dev.sandlot.agentclient.OutputSink;
import dev.sandlot.agentclient.ProcessRequest;
import dev.sandlot.agentclient.RunOutcome;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Json;
import dev.sandlot.runner.sandbox.HostedSandbox;
import dev.sandlot.runner.toolbox.chart.ChartJson;
import dev.sandlot.runner.toolbox.chart.ChartOutput;
import dev.sandlot.runner.toolbox.chart.ChartProgram;
import dev.sandlot.runner.toolbox.warm.WarmProcesses;
import dev.sandlot.runner.toolbox.warm.WarmProgram;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Runs a process and answers with what came of it (contract: toolbox-api.md §4 and §5).
final class CommandRunner {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int NO_EXIT_CODE = -1;

  /// Clients in Go before this minor version refuse keys that they do not know.
  private static final int GO_TAKES_EXTRA_KEYS = 188;

  private final ToolboxLimits limits;
  private final Path spoolFolder;
  private final WarmProcesses warm;

  CommandRunner(ToolboxLimits limits, Path spoolFolder, WarmProcesses warm) {
    this.limits = limits;
    this.spoolFolder = spoolFolder;
    this.warm = warm;
  }

  /// What is to be run.
  ///
  /// @param program that may serve it by a process that waits; empty when only a fresh one would
  ///   see what the call gives it
  /// @param charts whose charts are captured
  record Command(
      ProcessRequest request, Optional<WarmProgram> program, Optional<ChartProgram> charts) {}

  void run(HostedSandbox sandbox, Command command, Exchange exchange)
      throws IOException, InterruptedException {
    try (SpooledOutput output = new SpooledOutput(limits, spoolFolder)) {
      Optional<ChartOutput> charts =
          command.charts().map(program -> new ChartOutput(program, output));
      RunOutcome outcome;
      try {
        outcome = outcome(sandbox, command, charts.isPresent() ? charts.get() : output);
      } catch (SpooledOutput.LimitPassed _) {
        throw ToolboxFailures.tooMuchOutput(limits.outputBytesMax(), output.head());
      } catch (AgentFailure failure) {
        throw ToolboxFailures.of(failure);
      }
      List<Map<String, Object>> drawn = charts.isPresent() ? charts.get().charts() : List.of();
      switch (outcome) {
        case RunOutcome.Exited(_, boolean timedOut) when timedOut ->
            throw ToolboxFailures.timedOut(output.head());
        case RunOutcome.Exited(int code, _) ->
            answer(exchange, code, output, artifacts(exchange, drawn));
        case RunOutcome.NotStarted(String reason) ->
            exchange.sendJson(Map.of("exitCode", NO_EXIT_CODE, "result", reason));
      }
    }
  }

  private RunOutcome outcome(HostedSandbox sandbox, Command command, OutputSink sink)
      throws IOException, InterruptedException {
    ProcessRequest request = command.request();
    Optional<WarmProgram> program = command.program();
    if (program.isEmpty() || request.input().length > HeldRun.INPUT_BYTES_MAX) {
      return sandbox.agent().run(request, sink);
    }
    try {
      Optional<HeldRun> waiting = warm.take(sandbox, program.get());
      if (waiting.isEmpty()) {
        return sandbox.agent().run(request, sink);
      }
      return waiting.get().finish(request.input(), sink, request.timeLimit());
    } finally {
      warm.replenish(sandbox, program.get());
    }
  }

  private static Map<String, Object> artifacts(
      Exchange exchange, List<Map<String, Object>> charts) {
    if (charts.isEmpty()) {
      return Map.of();
    }
    boolean strict =
        exchange.header("X-Daytona-Source").orElse("").equals("sdk-go")
            && ClientVersion.of(exchange).before(GO_TAKES_EXTRA_KEYS);
    return Map.of("charts", strict ? ChartJson.withoutExtraKeys(charts) : charts);
  }

  private static void answer(
      Exchange exchange, int code, SpooledOutput output, Map<String, Object> artifacts)
      throws IOException {
    if (output.small()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("exitCode", code);
      json.put("result", output.text());
      if (!artifacts.isEmpty()) {
        json.put("artifacts", artifacts);
      }
      exchange.sendJson(json);
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
      if (!artifacts.isEmpty()) {
        json.writeName("artifacts");
        json.writeRawValue(Json.text(artifacts));
      }
      json.writeEndObject();
      json.flush();
    }
    out.close();
  }
}
