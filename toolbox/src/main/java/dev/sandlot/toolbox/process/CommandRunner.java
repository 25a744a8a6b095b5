package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.AgentFailure;
import dev.sandlot.agentclient.HeldRun;
import dev.sandlot.agentclient.OutputSink;
import dev.sandlot.agentclient.ProcessRequest;
import dev.sandlot.agentclient.RunOutcome;
import dev.sandlot.agentclient.RunOutcome.Ending;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Json;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ClientVersion;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.code.ChartJson;
import dev.sandlot.toolbox.code.ChartOutput;
import dev.sandlot.toolbox.code.ChartProgram;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.warm.WarmProcesses;
import dev.sandlot.toolbox.warm.WarmProgram;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Runs a process and answers with what came of it (docs/contract/processes.md).
public final class CommandRunner {
  private static final Logger LOGGER = LoggerFactory.getLogger(CommandRunner.class);
  private static final JsonFactory JSON = new JsonFactory();
  private static final int NO_EXIT_CODE = -1;

  /// Clients in Go before this minor version refuse keys that they do not know.
  private static final int GO_TAKES_EXTRA_KEYS = 188;

  private final ToolboxLimits limits;
  private final Path spoolFolder;
  private final WarmProcesses warm;

  public CommandRunner(ToolboxLimits limits, Path spoolFolder, WarmProcesses warm) {
    this.limits = limits;
    this.spoolFolder = spoolFolder;
    this.warm = warm;
  }

  /// What is to be run.
  ///
  /// @param program that may serve it by a process that waits; empty when only a fresh one would
  ///   see what the call gives it
  /// @param charts whose charts are captured
  /// @param folder that it leaves behind when it is killed
  record Command(
      ProcessRequest request,
      Optional<WarmProgram> program,
      Optional<ChartProgram> charts,
      Optional<String> folder) {}

  void run(RunningSandbox sandbox, Command command, Exchange exchange)
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
        case RunOutcome.Exited exited when exited.ending() == Ending.TIME_LIMIT ->
            throw ToolboxFailures.timedOut(output.head());
        case RunOutcome.Exited exited -> answer(exchange, output, keys(exchange, exited, drawn));
        case RunOutcome.NotStarted(String reason) ->
            exchange.sendJson(Map.of("exitCode", NO_EXIT_CODE, "result", reason));
      }
    }
  }

  private RunOutcome outcome(RunningSandbox sandbox, Command command, OutputSink sink)
      throws IOException, InterruptedException {
    boolean ended = false;
    try {
      RunOutcome outcome = ranOrWaited(sandbox, command, sink);
      ended = outcome instanceof RunOutcome.Exited(_, Ending ending, _) && ending == Ending.EXIT;
      return outcome;
    } finally {
      if (!ended) {
        command.folder().ifPresent(folder -> remove(sandbox, folder));
      }
    }
  }

  private static void remove(RunningSandbox sandbox, String folder) {
    try {
      sandbox.agent().files().remove(folder, true);
    } catch (AgentFailure failure) {
      // It was killed before it made it, or has taken it away itself.
      LOGGER.atDebug().setCause(failure).addKeyValue("sandboxId", sandbox.id()).log("not removed");
    }
  }

  private RunOutcome ranOrWaited(RunningSandbox sandbox, Command command, OutputSink sink)
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

  /// The keys beside `result`, `exitCode` first. Why a process ended early is an addition of ours.
  private static Map<String, Object> keys(
      Exchange exchange, RunOutcome.Exited exited, List<Map<String, Object>> charts) {
    boolean strict =
        Calls.fromGo(exchange) && ClientVersion.of(exchange).before(GO_TAKES_EXTRA_KEYS);
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("exitCode", exited.code());
    if (!charts.isEmpty()) {
      List<Map<String, Object>> known = strict ? ChartJson.withoutExtraKeys(charts) : charts;
      keys.put("artifacts", Map.of("charts", known));
    }
    if (exited.ending() != Ending.EXIT && !strict) {
      keys.put("reason", exited.ending() == Ending.OUT_OF_MEMORY ? "out_of_memory" : "signal");
    }
    if (exited.signal() != 0 && !strict) {
      keys.put("signal", exited.signal());
    }
    return keys;
  }

  private static void answer(Exchange exchange, SpooledOutput output, Map<String, Object> keys)
      throws IOException {
    if (output.small()) {
      keys.put("result", output.text());
      exchange.sendJson(keys);
      return;
    }
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
