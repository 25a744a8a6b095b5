package dev.sandlot.toolbox.code;

import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.toolbox.process.Command;
import dev.sandlot.toolbox.process.CommandRunner;
import dev.sandlot.toolbox.process.OutputCapture;
import dev.sandlot.toolbox.program.CodeLanguage;
import dev.sandlot.toolbox.program.ScriptProcess;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.warm.WarmProgram;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Runs programs, each in a process of its own, and collects the charts that they show.
/// Thread-safe. Independent of HTTP.
public final class CodeRunner {
  private final CommandRunner commands;
  private final int bytesMax;

  /// @param bytesMax of a program's text
  public CodeRunner(CommandRunner commands, int bytesMax) {
    this.commands = commands;
    this.bytesMax = bytesMax;
  }

  /// Blocks until the program has ended; fails as {@link CommandRunner#run} does.
  ///
  /// @return to be closed
  public CodeResult run(RunningSandbox sandbox, CodeRequest code)
      throws IOException, InterruptedException {
    boolean python = code.language() == CodeLanguage.PYTHON;
    Optional<ChartProgram> wrapped =
        python ? ChartProgram.of(code.code(), bytesMax) : Optional.empty();
    ScriptProcess program =
        code.language()
            .program(wrapped.map(ChartProgram::text).orElse(code.code()), code.arguments());
    ProcessRequest request = program.request(code.environment(), "", code.timeLimit());
    Optional<WarmProgram> warm =
        python && code.arguments().isEmpty()
            ? Command.warmFor(new WarmProgram.Python(), request)
            : Optional.empty();
    List<Map<String, Object>> charts = new ArrayList<>();
    Optional<Function<OutputSink, OutputCapture>> capture =
        wrapped.map(chartProgram -> rest -> new ChartOutput(chartProgram, rest, charts::add));
    Command command = new Command(request, warm, capture, code.language().folder(program));
    return new CodeResult(commands.run(sandbox, command), charts);
  }
}
