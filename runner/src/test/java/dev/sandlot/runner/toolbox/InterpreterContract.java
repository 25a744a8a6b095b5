package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The stateful interpreter (docs/contract/interpreter.md), on any engine.
abstract class InterpreterContract extends ToolboxHarness {
  private static final String CONTEXTS = "/process/interpreter/context";
  private static final String EXECUTE = "/process/interpreter/execute";

  /// The result of an execution.
  record Execution(List<JsonNode> messages, String close) {
    String all(String type) {
      StringBuilder text = new StringBuilder();
      messages.stream()
          .filter(message -> message.path("type").stringValue().equals(type))
          .forEach(message -> text.append(message.path("text").stringValue()));
      return text.toString();
    }

    JsonNode error() {
      return messages.stream()
          .filter(message -> message.path("type").stringValue().equals("error"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no error in " + messages));
    }
  }

  private SocketClient begin(Map<String, Object> request) throws Exception {
    SocketClient socket = socket(EXECUTE);
    socket.sendText(Json.text(request));
    return socket;
  }

  private static Execution result(SocketClient socket) throws Exception {
    List<JsonNode> messages = new ArrayList<>();
    for (SocketClient.Message message : socket.untilClosed()) {
      assertThat(message.text()).isTrue();
      messages.add(Json.read(message.content(), JsonNode.class));
    }
    return new Execution(messages, socket.closed());
  }

  private Execution execute(Map<String, Object> request) throws Exception {
    try (SocketClient socket = begin(request)) {
      return result(socket);
    }
  }

  private Execution code(String code) throws Exception {
    return execute(Map.of("code", code));
  }

  private Execution in(String context, String code) throws Exception {
    return execute(Map.of("code", code, "contextId", context));
  }

  private String context() throws Exception {
    HttpResponse<String> answer = postJson(CONTEXTS, "{}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer).path("id").stringValue();
  }

  private HttpResponse<String> delete(String id) throws Exception {
    return send("DELETE", CONTEXTS + "/" + id, "application/json", BodyPublishers.noBody());
  }

  @Test
  void sendsTheFiveKeysAndBothEnds() throws Exception {
    Execution execution = code("import sys\nprint('out')\nprint('err', file=sys.stderr)\n1/0");

    for (JsonNode message : execution.messages()) {
      assertThat(message.propertyNames())
          .containsExactlyInAnyOrder("type", "text", "name", "value", "traceback");
    }
    assertThat(execution.all("stdout")).isEqualTo("out\n");
    assertThat(execution.all("stderr")).isEqualTo("err\n");
    assertThat(execution.error().path("name").stringValue()).isEqualTo("ZeroDivisionError");
    assertThat(execution.error().path("value").stringValue()).isEqualTo("division by zero");
    assertThat(execution.error().path("traceback").stringValue())
        .isEqualTo(
            """
            Traceback (most recent call last):
              File "<stdin>", line 4, in <module>
            ZeroDivisionError: division by zero
            """);
    JsonNode last = execution.messages().getLast();
    assertThat(last.path("type").stringValue()).isEqualTo("control");
    assertThat(last.path("text").stringValue()).isEqualTo("completed");
    assertThat(execution.close()).isEqualTo("1000 ");
  }

  @Test
  void keepsVariablesUntilTheNextExecution() throws Exception {
    code("import math\ndef area(r):\n  return math.pi * r * r\nkept = 41");

    assertThat(code("print(kept + 1, round(area(1), 2))").all("stdout")).isEqualTo("42 3.14\n");
  }

  @Test
  void keepsContextsApart() throws Exception {
    String one = context();
    String other = context();
    in(one, "only_here = 1");

    assertThat(in(one, "print(only_here)").all("stdout")).isEqualTo("1\n");
    assertThat(in(other, "print(only_here)").error().path("name").stringValue())
        .isEqualTo("NameError");
    assertThat(code("print('only_here' in globals())").all("stdout")).isEqualTo("False\n");
    delete(one);
    delete(other);
  }

  @Test
  void listsDeletesAndStartsContextsInTheirDirectory() throws Exception {
    HttpResponse<String> answer = postJson(CONTEXTS, "{\"cwd\":\"/tmp\",\"language\":\"python\"}");
    JsonNode made = json(answer);
    String id = made.path("id").stringValue();

    assertThat(made.path("cwd").stringValue()).isEqualTo("/tmp");
    assertThat(made.path("language").stringValue()).isEqualTo("python");
    assertThat(made.path("active").booleanValue()).isTrue();
    assertThat(made.path("createdAt").stringValue()).isNotBlank();
    assertThat(in(id, "import os; print(os.getcwd())").all("stdout")).isEqualTo("/tmp\n");
    assertThat(json(get(CONTEXTS)).path("contexts").findValuesAsString("id"))
        .contains(id)
        .doesNotContain("default");
    assertThat(delete(id).statusCode()).isEqualTo(200);
    assertThat(json(get(CONTEXTS)).path("contexts").findValuesAsString("id")).doesNotContain(id);
    assertThat(delete(id).statusCode()).isEqualTo(404);
    assertThat(delete("default").statusCode()).isEqualTo(400);
  }

  @Test
  void refusesInvalidContexts() throws Exception {
    assertThat(postJson(CONTEXTS, "{\"language\":\"cobol\"}").statusCode()).isEqualTo(400);
    assertThat(postJson(CONTEXTS, "{\"cwd\":\"/no/such\"}").statusCode()).isEqualTo(404);
    assertThat(postJson(CONTEXTS, "{\"cwd\":\"/etc/passwd\"}").statusCode()).isEqualTo(400);
    assertThat(postJson(CONTEXTS, "{\"cwd\":5}").statusCode()).isEqualTo(400);
  }

  @Test
  void closesInvalidRequestsWithACode() throws Exception {
    assertThat(execute(Map.of("code", "")).close()).startsWith("1008 ");
    assertThat(execute(Map.of("code", "1", "timeout", -1)).close()).startsWith("1008 ");
    assertThat(execute(Map.of("code", "1", "contextId", "nobody")).close()).startsWith("1008 ");
    assertThat(execute(Map.of("code", "1", "contextId", "../x")).close()).startsWith("1008 ");
    try (SocketClient socket = socket(EXECUTE)) {
      socket.sendText("not json");
      assertThat(socket.closed()).startsWith("1002 ");
    }
    assertThat(get(EXECUTE).statusCode()).isEqualTo(426);
  }

  @Test
  void returnsOutputOfChildrenAndHasAnEmptyInput() throws Exception {
    Execution execution =
        code(
            """
            import os, subprocess, sys
            os.system('echo shell; echo complaint >&2')
            subprocess.run([sys.executable, '-c', 'print("child")'])
            os.write(1, b'raw\\n')
            try:
              input()
            except EOFError:
              print('no input')
            """);

    assertThat(execution.all("stdout")).isEqualTo("shell\nchild\nraw\nno input\n");
    assertThat(execution.all("stderr")).isEqualTo("complaint\n");
  }

  @Test
  void setsVariablesForOneExecution() throws Exception {
    Execution with =
        execute(
            Map.of(
                "code",
                "import os; print(os.environ['ONLY_NOW'], os.environ['GREETING'])",
                "envs",
                Map.of("ONLY_NOW", "seen")));

    assertThat(with.all("stdout")).isEqualTo("seen hello\n");
    assertThat(code("import os; print(os.environ.get('ONLY_NOW'))").all("stdout"))
        .isEqualTo("None\n");
  }

  @Test
  void showsOnlyTheUsersStackFrames() throws Exception {
    Execution syntax = code("def f(:\n  pass");
    Execution nested = code("import json\ndef f():\n  json.loads('{')\nf()");
    Execution exit = code("import sys; print('before'); sys.exit(3)");

    assertThat(syntax.error().path("name").stringValue()).isEqualTo("SyntaxError");
    assertThat(syntax.error().path("traceback").stringValue())
        .startsWith("SyntaxError: ")
        .hasLineCount(1);
    assertThat(nested.error().path("traceback").stringValue())
        .contains("File \"<stdin>\", line 4, in <module>", "File \"<stdin>\", line 3, in f")
        .doesNotContain("decoder.py", "interpreter");
    assertThat(exit.all("stdout")).isEqualTo("before\n");
    assertThat(exit.messages().getLast().path("text").stringValue()).isEqualTo("completed");
  }

  @Test
  void interruptsAnExecutionAtItsTimeoutAndKeepsTheVariables() throws Exception {
    String id = context();
    in(id, "kept = 7");
    Execution execution =
        execute(
            Map.of(
                "code",
                "import time\nprint('begun')\ntime.sleep(600)",
                "contextId",
                id,
                "timeout",
                1));

    assertThat(execution.all("stdout")).isEqualTo("begun\n");
    assertThat(execution.close()).startsWith("4008 ");
    assertThat(in(id, "print(kept)").all("stdout")).isEqualTo("7\n");
    delete(id);
  }

  @Test
  void killsCodeThatIgnoresTheInterrupt() throws Exception {
    String id = context();
    Execution execution =
        execute(
            Map.of(
                "code",
                """
                import time
                gone = 1
                while True:
                  try:
                    time.sleep(600)
                  except KeyboardInterrupt:
                    print('never mind')
                """,
                "contextId",
                id,
                "timeout",
                1));

    assertThat(execution.all("stdout")).isEqualTo("never mind\n");
    assertThat(execution.close()).startsWith("4008 ");
    assertThat(in(id, "print('gone' in globals())").all("stdout")).isEqualTo("False\n");
    delete(id);
  }

  @Test
  void interruptsOnRequest() throws Exception {
    try (SocketClient socket = begin(Map.of("code", "print('on')\nwhile True: pass"))) {
      socket.until("on");
      socket.sendText("{\"type\":\"interrupt\"}");
      Execution execution = result(socket);

      assertThat(execution.messages().getLast().path("text").stringValue())
          .isEqualTo("interrupted");
      assertThat(execution.close()).isEqualTo("1000 ");
    }
  }

  @Test
  void runsSequentiallyInAContextAndConcurrentlyInTwo() throws Exception {
    String id = context();
    SocketClient first =
        begin(Map.of("code", "import time\nprint('in')\ntime.sleep(1)\na = 1", "contextId", id));
    first.until("in");
    SocketClient second = begin(Map.of("code", "print(a)\na = 2", "contextId", id));
    SocketClient third = begin(Map.of("code", "print(a)", "contextId", id));

    assertThat(code("print('beside')").all("stdout")).isEqualTo("beside\n");
    assertThat(first.content()).doesNotContain("completed");
    assertThat(result(second).all("stdout")).isEqualTo("1\n");
    assertThat(result(third).all("stdout")).isEqualTo("2\n");
    assertThat(result(first).close()).isEqualTo("1000 ");
    delete(id);
  }

  @Test
  void goesOnWhenItsClientDisconnects() throws Exception {
    String id = context();
    try (SocketClient socket =
        begin(
            Map.of("code", "import time\nprint('in')\ntime.sleep(1)\ndone = 5", "contextId", id))) {
      socket.until("in");
    }

    assertThat(in(id, "print(done)").all("stdout")).isEqualTo("5\n");
    delete(id);
  }

  @Test
  void closesExecutionsOfADeletedOrDeadContext() throws Exception {
    String id = context();
    SocketClient running =
        begin(Map.of("code", "import time\nprint('in')\ntime.sleep(600)", "contextId", id));
    running.until("in");
    SocketClient waiting = begin(Map.of("code", "1", "contextId", id));
    assertThat(delete(id).statusCode()).isEqualTo(200);

    assertThat(running.closed()).startsWith("1001 ");
    assertThat(waiting.closed()).startsWith("1001 ");
    String other = context();
    assertThat(in(other, "import os; os.kill(os.getpid(), 9)").close()).startsWith("1001 ");
    assertThat(in(other, "print('again')").all("stdout")).isEqualTo("again\n");
    delete(other);
  }

  @Test
  void passesLongOutputInMessagesOfAThousandCharacters() throws Exception {
    Execution execution = code("print('é' * 3_000_000)\nprint('end', end='')");

    assertThat(execution.all("stdout")).isEqualTo("é".repeat(3_000_000) + "\nend");
    assertThat(execution.messages())
        .allSatisfy(message ->
            assertThat(message.path("text").stringValue().length()).isLessThanOrEqualTo(1_024));
  }

  @Test
  void ignoresFramesWithoutTheToken() throws Exception {
    Execution execution =
        code("import os\nos.write(1, b'\\0forged {\"kind\":\"end\"}\\n')\nprint('still here')");

    assertThat(execution.all("stdout")).isEqualTo("\0forged {\"kind\":\"end\"}\nstill here\n");
    assertThat(execution.close()).isEqualTo("1000 ");
  }

  @Test
  void acceptsCodeOfMegabytes() throws Exception {
    Execution execution = code("x = '" + "y".repeat(2_500_000) + "'\nprint(len(x))");

    assertThat(execution.all("stdout")).isEqualTo("2500000\n");
  }

  @Test
  void keepsJavascriptContextsToo() throws Exception {
    JsonNode made = json(postJson(CONTEXTS, "{\"language\":\"javascript\",\"cwd\":\"/tmp\"}"));
    String id = made.path("id").stringValue();
    assertThat(made.path("language").stringValue()).isEqualTo("javascript");
    in(id, "const kept = 40; let other = await Promise.resolve(2)");

    assertThat(in(id, "let other = 3; console.log(kept + other, process.cwd())").all("stdout"))
        .isEqualTo("43 /tmp\n");
    Execution children =
        in(id, "require('child_process').execSync('echo child; echo no >&2', {stdio: 'inherit'})");
    assertThat(children.all("stdout")).isEqualTo("child\n");
    assertThat(children.all("stderr")).isEqualTo("no\n");
    JsonNode error = in(id, "function f() { throw new TypeError('boom') }\nf()").error();
    assertThat(error.path("name").stringValue()).isEqualTo("TypeError");
    assertThat(error.path("traceback").stringValue())
        .isEqualTo("TypeError: boom\n    at f (<stdin>:1:22)\n    at <stdin>:2:1\n");
    for (String code : List.of("while (true) {}", "await new Promise(() => {})")) {
      assertThat(execute(Map.of("code", code, "contextId", id, "timeout", 1)).close())
          .startsWith("4008 ");
    }
    assertThat(in(id, "console.log(kept)").all("stdout")).isEqualTo("40\n");
    delete(id);
  }
}
