package dev.sandlot.runner.toolbox.warm;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.ProcessRequest;
import dev.sandlot.agentclient.RunOutcome;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A program that may wait for its input before there is any.
public sealed interface WarmProgram {
  /// The very command line of a fresh one.
  List<String> command();

  /// The paths of the files that decide how it starts. May run a process to find out.
  List<String> paths(AgentClient agent) throws IOException, InterruptedException;

  /// A shell that reads commands: it looks at nothing when it starts.
  record Shell(String path) implements WarmProgram {
    @Override
    public List<String> command() {
      return List.of(path);
    }

    @Override
    public List<String> paths(AgentClient agent) {
      return List.of(path);
    }
  }

  /// The Python interpreter that reads a program, without arguments: it looks for itself along
  /// PATH, and for packages and what they have it do at the start.
  record Python() implements WarmProgram {
    private static final int PATHS_MAX = 64;
    private static final int PATH_CHARACTERS_MAX = 4_096;
    private static final int ANSWER_BYTES_MAX = 256 << 10;
    private static final Duration PROBE_MAX = Duration.ofSeconds(10);
    private static final String PROBE =
        """
        import glob, json, os, site, sys
        folders = [p for p in [*sys.path, site.getusersitepackages()] if p and not p.endswith(".zip")]
        print(json.dumps([
            "/etc/localtime", sys.executable, os.path.realpath(sys.executable),
            os.path.join(sys.prefix, "pyvenv.cfg"),
            *os.environ.get("PATH", "").split(":"), *folders,
            *[os.path.join(f, n) for f in folders for n in ("sitecustomize.py", "usercustomize.py")],
            *[p for f in folders for p in glob.glob(os.path.join(f, "*.pth"))]]))
        """;

    @Override
    public List<String> command() {
      return List.of("python3", "-u", "-");
    }

    @Override
    public List<String> paths(AgentClient agent) throws IOException, InterruptedException {
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      RunOutcome outcome =
          agent.run(
              new ProcessRequest(
                  List.of("python3", "-"),
                  PROBE.getBytes(StandardCharsets.UTF_8),
                  Map.of(),
                  "",
                  PROBE_MAX),
              data -> {
                if (answer.size() + data.remaining() > ANSWER_BYTES_MAX) {
                  throw new IOException("the interpreter tells too much");
                }
                byte[] bytes = new byte[data.remaining()];
                data.get(bytes);
                answer.writeBytes(bytes);
              });
      if (!outcome.equals(new RunOutcome.Exited(0, false))) {
        throw new IOException("the interpreter does not tell where it is");
      }
      return parsed(answer.toByteArray());
    }

    private static List<String> parsed(byte[] json) throws IOException {
      List<String> paths = new ArrayList<>();
      JsonNode list;
      try {
        list = Json.object(("{\"paths\":" + text(json) + "}").getBytes(StandardCharsets.UTF_8));
      } catch (HttpFailure _) {
        throw new IOException("the interpreter does not tell where it is");
      }
      for (JsonNode path : list.path("paths")) {
        String text = path.asString("");
        if (text.startsWith("/") && text.length() <= PATH_CHARACTERS_MAX && !paths.contains(text)) {
          paths.add(text);
        }
      }
      if (paths.isEmpty() || paths.size() > PATHS_MAX) {
        throw new IOException("the interpreter names " + paths.size() + " paths");
      }
      return paths;
    }

    private static String text(byte[] json) {
      return new String(json, StandardCharsets.UTF_8);
    }
  }
}
