package dev.sandlot.toolbox.warm;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.toolbox.program.CodeLanguage;
import dev.sandlot.toolbox.program.ShellText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A shell or interpreter that can be started before the text it runs is known.
public sealed interface WarmProgram {
  /// The command line, the same as for a fresh process.
  List<String> command();

  /// Makes a folder of links to the files that the program loads when it starts.
  ///
  /// @return its path; empty when there are no such files
  String links(AgentClient agent) throws IOException, InterruptedException;

  /// Bash, which loads no files when it starts.
  record Shell(String path) implements WarmProgram {
    @Override
    public List<String> command() {
      return ShellText.waiting(path);
    }

    @Override
    public String links(AgentClient agent) {
      return "";
    }
  }

  /// The Python interpreter without arguments. It is looked up in PATH, and loads packages and
  /// their start-up files.
  record Python() implements WarmProgram {
    private static final int PATH_BYTES_MAX = 4_096;
    private static final Duration PROBE_MAX = Duration.ofSeconds(10);
    private static final String PROBE =
        """
        import glob, os, shutil, site, sys
        own = shutil.which("python3") or sys.executable
        ahead = os.environ.get("PATH", "").split(":")
        ahead = ahead[: ahead.index(os.path.dirname(own)) + 1 if os.path.dirname(own) in ahead else None]
        folders = [p for p in [*sys.path, site.getusersitepackages()] if p and not p.endswith((".zip", "lib-dynload"))]
        names = ("*.pth", "sitecustomize.py", "usercustomize.py")
        paths = [
            "/etc/localtime", os.path.realpath(own), sys.prefix, *ahead, *folders,
            *glob.glob(os.path.join(sys.prefix, "pyvenv.cfg")),
            *[p for f in folders for n in names for p in glob.glob(os.path.join(f, n))]]
        links = os.path.join(os.path.expanduser("~"), ".daytona", "python-installation")
        shutil.rmtree(links, ignore_errors=True)
        os.makedirs(links)
        for number, path in enumerate(paths[:200]):
            os.symlink(os.path.abspath(path), os.path.join(links, str(number)))
        print(links, end="")
        """;

    @Override
    public List<String> command() {
      return CodeLanguage.PYTHON.program("", List.of()).command();
    }

    @Override
    public String links(AgentClient agent) throws IOException, InterruptedException {
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      RunOutcome outcome =
          agent.run(
              new ProcessRequest(
                  List.of("python3", "-c", PROBE), new byte[0], Map.of(), "", PROBE_MAX),
              data -> {
                if (answer.size() + data.remaining() > PATH_BYTES_MAX) {
                  throw new IOException("the interpreter tells too much");
                }
                byte[] bytes = new byte[data.remaining()];
                data.get(bytes);
                answer.writeBytes(bytes);
              });
      String folder = answer.toString(StandardCharsets.UTF_8);
      if (!outcome.equals(new RunOutcome.Exited(0)) || !folder.startsWith("/")) {
        throw new IOException("the interpreter does not tell where it is");
      }
      return folder;
    }
  }
}
