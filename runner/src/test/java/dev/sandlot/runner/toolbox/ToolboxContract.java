package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.SandboxId;
import dev.sandlot.runtime.NotRunning;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The toolbox over HTTP, on any engine.
abstract class ToolboxContract extends ToolboxHarness {
  // How commands run.

  @Test
  void answersWithOutputAndExitCode() throws Exception {
    JsonNode answer = execute("{\"command\":\"echo out; echo err >&2; exit 7\"}");

    assertThat(answer.path("exitCode").intValue()).isEqualTo(7);
    assertThat(answer.path("result").stringValue()).isEqualTo("out\nerr\n");
  }

  @Test
  void replacesBytesThatAreNotUtf8() throws Exception {
    JsonNode answer = execute("{\"command\":\"printf 'a\\\\377b'\"}");

    assertThat(answer.path("result").stringValue()).isEqualTo("a\ufffdb");
  }

  @Test
  void prefersVariablesOfTheCall() throws Exception {
    JsonNode answer =
        execute(
            "{\"command\":\"echo $GREETING $DAYTONA_SANDBOX_ID\",\"envs\":{\"GREETING\":\"hi\"}}");

    assertThat(answer.path("result").stringValue()).isEqualTo("hi " + id + "\n");
  }

  /// The runner knows a snapshot by its image's id, which is meaningless inside the sandbox.
  @Test
  void setsTheSnapshotsNameInTheEnvironment() throws Exception {
    JsonNode answer = execute("{\"command\":\"echo $DAYTONA_SANDBOX_SNAPSHOT\"}");

    assertThat(answer.path("result").stringValue()).isEqualTo("named/snapshot\n");
  }

  @Test
  void refusesAnInvalidVariableName() throws Exception {
    HttpResponse<String> answer =
        postJson("/process/execute", "{\"command\":\"true\",\"envs\":{\"1A\":\"x\"}}");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).path("message").stringValue()).contains("1A");
    assertThat(json(answer).path("code").stringValue()).isEqualTo("BAD_REQUEST");
  }

  @Test
  void endsACommandAtItsTimeout() throws Exception {
    HttpResponse<String> answer =
        postJson("/process/execute", "{\"command\":\"echo begun; sleep 60\",\"timeout\":1}");

    assertThat(answer.statusCode()).isEqualTo(408);
    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    assertThat(json(answer).path("message").stringValue())
        .isEqualTo("request timeout: command execution timeout");
    assertThat(json(answer).path("partialOutput").stringValue()).isEqualTo("begun\n");
  }

  @Test
  void answersAFailedStartAsAFailedCommand() throws Exception {
    JsonNode answer = execute("{\"command\":\"true\",\"cwd\":\"/no/such/folder\"}");

    assertThat(answer.path("exitCode").intValue()).isEqualTo(-1);
    assertThat(answer.path("result").stringValue()).isNotBlank();
  }

  @Test
  void refusesInvalidCommandsAndTimeouts() throws Exception {
    assertThat(postJson("/process/execute", "{\"command\":\"  \"}").statusCode()).isEqualTo(400);
    assertThat(postJson("/process/execute", "{\"command\":5}").statusCode()).isEqualTo(400);
    assertThat(postJson("/process/execute", "not json").statusCode()).isEqualTo(400);
    assertThat(postJson("/process/execute", "{\"command\":\"true\",\"timeout\":-1}").statusCode())
        .isEqualTo(400);
    assertThat(postJson("/process/execute", "{\"command\":\"true\",\"timeout\":1.5}").statusCode())
        .isEqualTo(400);
  }

  @Test
  void passesLongOutputCompletely() throws Exception {
    JsonNode answer = execute("{\"command\":\"head -c 5000000 /dev/zero | tr '\\\\0' x\"}");

    assertThat(answer.path("result").stringValue())
        .hasSize(5_000_000)
        .containsOnlyOnce("xxxx".repeat(1_250_000));
  }

  @Test
  void doesNotWaitForABackgroundChild() throws Exception {
    String child = run("sleep 600 & echo $!").path("result").stringValue().strip();

    assertThat(run("kill " + child).path("exitCode").intValue()).as("it runs on").isZero();
  }

  @Test
  void runsPythonWithItsArgumentsAsTheyAre() throws Exception {
    HttpResponse<String> answer =
        postJson(
            "/process/code-run",
            "{\"language\":\"python\",\"code\":\"import sys; print(sys.argv, sys.stdin.read())\","
                + "\"argv\":[\"a b\",\"$HOME;\"]}");

    assertThat(json(answer).path("result").stringValue()).isEqualTo("['-', 'a b', '$HOME;'] \n");
    assertThat(json(answer).path("exitCode").intValue()).isZero();
  }

  @Test
  void runsJavascriptWithItsArguments() throws Exception {
    HttpResponse<String> answer =
        postJson(
            "/process/code-run",
            "{\"language\":\"javascript\",\"code\":\"console.log(process.argv.slice(1))\","
                + "\"argv\":[\"x y\"]}");

    assertThat(json(answer).path("result").stringValue()).isEqualTo("[ 'x y' ]\n");
  }

  @Test
  void leavesStandardInputToWhatACommandStarts() throws Exception {
    JsonNode waited = execute("{\"command\":\"cat; readlink /proc/self/fd/0\\necho rest\"}");
    JsonNode own = execute("{\"command\":\"cat\\nread x\\necho rest\",\"envs\":{\"ANY\":\"1\"}}");

    assertThat(waited.path("result").stringValue()).isEqualTo("/dev/null\nrest\n");
    assertThat(own.path("result").stringValue()).isEqualTo("rest\n");
  }

  @Test
  void countsACommandsLinesInMessages() throws Exception {
    JsonNode answer = execute("{\"command\":\"echo ran\\n\\nno-such-program\\necho (\"}");

    assertThat(answer.path("exitCode").intValue()).isEqualTo(2);
    assertThat(answer.path("result").stringValue())
        .startsWith("ran\n")
        .contains("line 3: no-such-program: command not found")
        .contains("line 4: syntax error");
  }

  @Test
  void runsCommandsAsLongAsTheLimitAllows() throws Exception {
    String lines = (": " + "x".repeat(77) + "\\n").repeat(49_000);

    JsonNode answer = execute("{\"command\":\"" + lines + "echo $LINENO\"}");

    assertThat(answer.path("result").stringValue()).isEqualTo("49001\n");
  }

  @Test
  void leavesStandardInputToPrograms() throws Exception {
    for (String language : List.of("python", "javascript")) {
      String code =
          language.equals("python")
              ? "import os; print(os.readlink('/proc/self/fd/0'), os.read(0, 1))"
              : "const fs = require('fs'); console.log(fs.readlinkSync('/proc/self/fd/0'), `b'${fs.readFileSync(0)}'`)";

      HttpResponse<String> answer =
          postJson(
              "/process/code-run", "{\"language\":\"" + language + "\",\"code\":\"" + code + "\"}");

      assertThat(json(answer).path("result").stringValue()).isEqualTo("/dev/null b''\n");
    }
  }

  @Test
  void showsAProgramsLinesInItsTraceback() throws Exception {
    HttpResponse<String> answer =
        postJson(
            "/process/code-run",
            "{\"language\":\"python\",\"code\":\"def f():\\n    1 / 0\\n\\nf()\"}");

    assertThat(json(answer).path("exitCode").intValue()).isEqualTo(1);
    assertThat(json(answer).path("result").stringValue())
        .startsWith(
            "Traceback (most recent call last):\n  File \"<stdin>\", line 4, in <module>\n    f()\n")
        .contains("  File \"<stdin>\", line 2, in f\n    1 / 0\n");
  }

  @Test
  void letsMultiprocessingStartAfresh() throws Exception {
    String code =
        "import multiprocessing\\ndef f(x):\\n  return 2 * x\\nif __name__ == '__main__':\\n"
            + "  with multiprocessing.get_context('spawn').Pool(1) as pool:\\n"
            + "    print(pool.map(f, [1]))";

    HttpResponse<String> answer =
        postJson("/process/code-run", "{\"language\":\"python\",\"code\":\"" + code + "\"}");

    assertThat(json(answer).path("result").stringValue()).isEqualTo("[2]\n");
  }

  @Test
  void refusesProgramsOfUnknownLanguagesAndWithoutCode() throws Exception {
    HttpResponse<String> unknown =
        postJson("/process/code-run", "{\"language\":\"cobol\",\"code\":\"x\"}");
    HttpResponse<String> empty = postJson("/process/code-run", "{\"language\":\"python\"}");

    assertThat(unknown.statusCode()).isEqualTo(400);
    assertThat(json(unknown).path("code").stringValue()).isEqualTo("BAD_REQUEST");
    assertThat(empty.statusCode()).isEqualTo(400);
    assertThat(json(empty).path("code").stringValue()).isEqualTo("INVALID_REQUEST_BODY");
  }

  // What a sandbox tells about itself.

  @Test
  void returnsItsFolders() throws Exception {
    assertThat(json(get("/user-home-dir")).path("dir").stringValue()).isEqualTo("/home/daytona");
    assertThat(json(get("/work-dir")).path("dir").stringValue()).isEqualTo("/home/daytona");
    assertThat(json(get("/version")).path("version").stringValue()).isNotBlank();
  }

  @Test
  void showsTheQuotaAsItsDisk() throws Exception {
    JsonNode metrics = json(get("/system/metrics"));

    assertThat(metrics.path("diskTotal").longValue()).isEqualTo(3L << 30);
    assertThat(metrics.path("memTotal").longValue()).isEqualTo(1L << 30);
    assertThat(metrics.path("cpuCount").intValue()).isEqualTo(1);
    assertThat(Instant.parse(metrics.path("timestamp").stringValue())).isNotNull();
  }

  @Test
  void changesTheEnvironmentOfLaterCommands() throws Exception {
    HttpResponse<String> answer = postJson("/env", "{\"set\":{\"LATER\":\"seen\"}}");

    assertThat(json(answer).path("LATER").stringValue()).isEqualTo("seen");
    assertThat(execute("{\"command\":\"echo $LATER\"}").path("result").stringValue())
        .isEqualTo("seen\n");
  }

  @Test
  void removesVariablesBeforeItSetsSome() throws Exception {
    postJson("/env", "{\"set\":{\"GONE_A\":\"secret:1\",\"GONE_B\":\"2\",\"KEPT\":\"secret:2\"}}");

    JsonNode left =
        json(
            postJson(
                "/env",
                "{\"set\":{\"KEPT\":\"secret:2\"},\"unset\":[\"GONE_B\"],\"unsetValuePrefix\":\"secret:\"}"));

    assertThat(left.path("KEPT").stringValue()).isEqualTo("secret:2");
    assertThat(left.has("GONE_A")).isFalse();
    assertThat(left.has("GONE_B")).isFalse();
    assertThat(postJson("/env", "{\"set\":{\"A-B\":\"x\"}}").statusCode()).isEqualTo(400);
    assertThat(postJson("/env", "{\"unset\":\"A\"}").statusCode()).isEqualTo(400);
  }

  @Test
  void waitsForAPortUpToTheGivenTime() throws Exception {
    assertThat(json(get("/port/9997/in-use?wait=1")).path("isInUse").booleanValue()).isFalse();
    assertThat(get("/port/9997/in-use?wait=301").statusCode()).isEqualTo(400);
    assertThat(get("/port/9997/in-use?wait=1.5").statusCode()).isEqualTo(400);
  }

  @Test
  void refusesPortsOutsideItsRange() throws Exception {
    assertThat(get("/port/22/in-use").statusCode()).isEqualTo(400);
    assertThat(get("/port/03000/in-use").statusCode()).isEqualTo(400);
    assertThat(get("/port/9998/in-use").statusCode()).isEqualTo(200);
  }

  @Test
  void distinguishesUnknownPathsFromOperationsNotBuilt() throws Exception {
    assertThat(get("/no/such/path").statusCode()).isEqualTo(404);
    List<String> notBuilt =
        Files.readAllLines(Path.of("../api/unrouted-toolbox-operations.txt")).stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    for (String operation : notBuilt) {
      String[] words = operation.split(" ", 2);
      HttpResponse<String> answer =
          send(
              words[0], words[1].replaceAll("\\{.*?}", "x"), "text/plain", BodyPublishers.noBody());
      assertThat(answer.statusCode()).isEqualTo(501);
      assertThat(json(answer).path("message").stringValue()).contains(operation);
    }
  }

  @Test
  void refusesToConnectToAStoppedSandbox() {
    assertThatThrownBy(() -> toolbox.dial(SandboxId.random(), 80)).isInstanceOf(NotRunning.class);
  }
}
