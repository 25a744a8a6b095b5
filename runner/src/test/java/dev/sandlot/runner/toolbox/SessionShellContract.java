package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandlot.http.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// A session's shell: what commands may change in it, and which processes end with it. Also holds
/// what the tests of sessions share.
abstract class SessionShellContract extends ToolboxHarness {
  static final String SESSIONS = "/process/session";
  static final String CURRENT = "0.190.0";

  private int made;

  /// Whether processes see the sandbox's files, and a process's pipes outlive it.
  boolean real() {
    return true;
  }

  String session() throws Exception {
    String name = "s" + ++made;
    assertThat(create(name).statusCode()).isEqualTo(201);
    return name;
  }

  HttpResponse<String> create(String name) throws Exception {
    return postJson(SESSIONS, Json.text(Map.of("sessionId", name)));
  }

  HttpResponse<String> delete(String name) throws Exception {
    return send("DELETE", SESSIONS + "/" + name, "application/json", BodyPublishers.noBody());
  }

  HttpResponse<String> exec(String session, String command, boolean async, String version)
      throws Exception {
    return post(
        SESSIONS + "/" + session + "/exec",
        Json.text(Map.of("command", command, "runAsync", async)),
        version);
  }

  JsonNode run(String session, String command) throws Exception {
    HttpResponse<String> answer = exec(session, command, false, CURRENT);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer);
  }

  String begin(String session, String command) throws Exception {
    HttpResponse<String> answer = exec(session, command, true, CURRENT);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    JsonNode json = json(answer);
    for (String absent : List.of("output", "stdout", "stderr", "exitCode")) {
      assertThat(json.has(absent) && json.path(absent).isNull()).as(absent).isTrue();
    }
    return json.path("cmdId").stringValue();
  }

  String command(String session, String id) {
    return SESSIONS + "/" + session + "/command/" + id;
  }

  String logs(String session, String id) {
    return command(session, id) + "/logs";
  }

  HttpResponse<String> input(String session, String id, String data) throws Exception {
    return postJson(command(session, id) + "/input", Json.text(Map.of("data", data)));
  }

  /// The clean output of a command that runs by itself, when it has ended.
  String[] followed(String session, String id) throws Exception {
    try (SocketClient socket = socket(logs(session, id) + "?follow=true")) {
      assertThat(socket.closed()).isEqualTo("1000 ");
      return SocketClient.halves(socket.content());
    }
  }

  private HttpResponse<String> post(String path, String body, String version) throws Exception {
    return version.isEmpty()
        ? postJson(path, body)
        : sendAs(version, "POST", path, BodyPublishers.ofString(body));
  }

  @Test
  void returnsTheStatusOfACommandThatEndsItsShell() throws Exception {
    String session = session();
    JsonNode answer = run(session, "echo last; exit 3");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("last\n");
    assertThat(answer.path("exitCode").intValue()).isEqualTo(3);
    HttpResponse<String> after = exec(session, "true", false, CURRENT);
    assertThat(after.statusCode()).isEqualTo(410);
    assertThat(json(after).path("code").stringValue()).isEqualTo("SESSION_ENDED");
    assertThat(delete(session).statusCode()).isEqualTo(204);
    assertThat(create(session).statusCode()).isEqualTo(201);
  }

  @Test
  void endsFollowersOfACommandThatEndsItsShell() throws Exception {
    String session = session();
    String id = begin(session, "echo last; exit 3");

    assertThat(followed(session, id)).containsExactly("last\n", "");
    assertThat(json(get(command(session, id))).path("exitCode").intValue()).isEqualTo(3);
  }

  @Test
  void endsAllDescendants() throws Exception {
    String session = session();
    run(session, "(trap '' TERM; sleep 4711) & sh -c 'sleep 4712' & disown; true");
    begin(session, "sleep 4713");

    assertThat(run("pgrep -f 'sleep 471[123]' | wc -l").path("result").stringValue().strip())
        .isNotEqualTo("0");
    assertThat(delete(session).statusCode()).isEqualTo(204);

    assertThat(run("pgrep -f 'sleep 471[123]' | wc -l").path("result").stringValue().strip())
        .isEqualTo("0");
    assertThat(get(SESSIONS + "/" + session).statusCode()).isEqualTo(404);
  }

  /// Starts a process that leaves its process group, its session and its parent.
  private static String leaving(int seconds) {
    return "(setsid sh -c '(env -i /usr/bin/setsid sleep " + seconds + " &) & exit' &)";
  }

  private void assertRunning(String pattern, boolean running) throws Exception {
    String look =
        "for i in $(seq 200); do pgrep -fx '"
            + pattern
            + "' >/dev/null; [ $? = "
            + (running ? 0 : 1)
            + " ] && exit 0; sleep 0.05; done; exit 1";
    assertThat(run(look).path("exitCode").intValue()).isZero();
  }

  @Test
  void endsDescendantsThatLeftTheSession() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, leaving(4714));
    begin(session, leaving(4715));
    assertRunning("sleep 471[4]", true);
    assertRunning("sleep 471[5]", true);

    assertThat(delete(session).statusCode()).isEqualTo(204);

    assertRunning("sleep 471[45]", false);
  }

  @Test
  void endsDescendantsAfterTheShellHasEnded() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, leaving(4716));
    run(session, "exit");
    assertRunning("sleep 471[6]", true);

    assertThat(delete(session).statusCode()).isEqualTo(204);

    assertRunning("sleep 471[6]", false);
  }

  /// After each of these, commands must still end and return their own output and nothing else.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "IFS=,eo_0123456789",
        "printf() { echo hijacked; }; echo() { :; }; eval() { :; }; read() { :; }; kill() { :; };"
            + " command() { :; }; test() { :; }",
        "shopt -s expand_aliases; alias eval=false builtin=false read=false printf=false kill=false"
            + " echo=false",
        "trap 'builtin printf trap >&2' ERR RETURN; trap ': $((count += 1))' DEBUG; set -ET",
        "set -u; unset -v IFS PATH HOME",
        "set -o posix",
        "set -o noclobber -o noglob -o physical -o allexport",
        "exec 0<&- 1>&- 2>&-",
        "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-",
        "mkdir /tmp/lost-$$ && cd /tmp/lost-$$ && rmdir /tmp/lost-$$",
        "enable -n read printf echo kill test",
        "readonly IFS PATH PS4 OPTIND REPLY",
        "PS4='$(echo hijacked)' PROMPT_COMMAND='echo hijacked' PS1=hijacked",
        "umask 777",
        "shopt -s extdebug; trap ':' DEBUG",
        "set -v; set +v",
      })
  void worksWhateverIsChangedInTheShell(String strange) throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, strange);
    JsonNode answer =
        run(session, "\\builtin printf 'a\\nb'; \\builtin printf c >&2; (\\builtin exit 7)");
    if (strange.startsWith("enable")) {
      answer = run(session, "[[ x == x ]]; enable printf; printf 'a\\nb'; printf c >&2; (exit 7)");
    }

    assertThat(answer.path("stdout").stringValue()).isEqualTo("a\nb\n");
    assertThat(answer.path("exitCode").intValue()).isEqualTo(7);
    if (!strange.startsWith("trap")) {
      assertThat(answer.path("stderr").stringValue()).isEqualTo("c\n");
    }
    assertThat(run(session, "sleep 0 & wait").path("exitCode").intValue()).isZero();
    assertThat(json(get(SESSIONS + "/" + session)).path("commands")).isNotEmpty();
  }

  @Test
  void isInvisibleInTraces() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "set -x");
    for (String command : new String[] {"echo hi", "echo hi & wait $!", "echo é", "set +x"}) {
      JsonNode answer = run(session, command);
      assertThat(answer.path("stderr").stringValue().lines())
          .as(command)
          .allMatch(line -> line.matches("\\++ (echo (hi|é|'é'|\\$'.*')|wait [0-9]+|set \\+x)"));
      assertThat(answer.path("exitCode").intValue()).isZero();
    }
    run(session, "set -v");
    assertThat(run(session, "echo shown").path("stderr").stringValue()).doesNotContain("sandlot");
    JsonNode left = run(session, "declare -F; trap; compgen -A variable | grep '^__'");
    assertThat(left.path("stdout").stringValue()).isEmpty();
  }

  @Test
  void endsWithAShellThatIsReplaced() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "exec sh");

    assertThat(exec(session, "true", false, CURRENT).statusCode()).isEqualTo(410);
  }

  @Test
  void endsAShellThatReadsCommandsAndRunsNone() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "set -n");

    assertThat(exec(session, "true", false, CURRENT).statusCode()).isEqualTo(410);
  }

  @Test
  void endsWhenATrapSkipsTheCommand() throws Exception {
    assumeTrue(real());
    String session = session();
    run(session, "shopt -s extdebug; trap false DEBUG");

    assertThat(run(session, "echo skipped").path("stdout").stringValue()).isEmpty();
  }

  @Test
  void givesProgramsAnEmptyInputFromACharacterDevice() throws Exception {
    assumeTrue(real());
    String session = session();
    String look =
        "cat; python3 -c 'import sys; print(len(sys.stdin.read()))'; test -c /dev/stdin && echo device; echo on";
    for (String command : new String[] {look, look + "\n: " + "x".repeat(100_000)}) {
      JsonNode answer = run(session, command);
      assertThat(answer.path("stdout").stringValue()).isEqualTo("0\ndevice\non\n");
    }
  }

  @Test
  void decodesTextAsUtf8() throws Exception {
    assumeTrue(real());
    String session = session();
    JsonNode answer =
        run(session, "locale charmap; word=naïve; echo ${#word}; echo é | grep -c '^.$'");

    assertThat(answer.path("stdout").stringValue()).isEqualTo("UTF-8\n5\n1\n");
    run(session, "export LC_ALL=C");
    assertThat(run(session, "word=naïve; echo ${#word}").path("stdout").stringValue())
        .isEqualTo("6\n");
  }
}
