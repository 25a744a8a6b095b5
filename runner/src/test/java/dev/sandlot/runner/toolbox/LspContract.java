package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import dev.sandlot.testing.Waiting;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Language servers over HTTP, on any engine.
abstract class LspContract extends ToolboxHarness {
  private static final String SHOP_PY =
      """
      class Shop:
          def price(self, item):
              return 1


      shop = Shop()
      shop.pri
      """;
  private static final String SHOP_TS =
      """
      export class Shop {
        price(): number { return 1 }
      }
      const shop = new Shop()
      shop.pri
      """;
  private static final int CLASS = 5;

  @BeforeAll
  void makeProjects() throws Exception {
    write("py/shop.py", SHOP_PY);
    write("py/pack/far away.py", "class Far:\n    pass\n");
    write("py/empty.py", "");
    write("py/node_modules/left_out.py", "class FarOutside:\n    pass\n");
    write("ts/tsconfig.json", "{\"include\":[\"src\"]}");
    write("ts/src/shop.ts", SHOP_TS);
    write("js/basket.js", "class Basket { size() { return 1 } }\nnew Basket().si\n");
  }

  private void write(String path, String text) throws Exception {
    JsonNode answer =
        execute(
            Json.text(
                Map.of(
                    "command",
                    "mkdir -p \"$(dirname \"$FILE\")\" && printf %s \"$TEXT\" > \"$FILE\"",
                    "envs",
                    Map.of("FILE", path, "TEXT", text))));
    assertThat(answer.path("exitCode").intValue()).as(answer.toString()).isZero();
  }

  // Python.

  @Test
  void listsTheSymbolsOfPythonDocumentsByAnyUri() throws Exception {
    start("python", "py");

    for (String uri :
        List.of(
            "file:///home/daytona/py/shop.py",
            "file://py/shop.py",
            "file://shop.py",
            "py/shop.py",
            "/home/daytona/py/../py/shop.py")) {
      ok(document("did-open", "python", "py", uri));
      JsonNode symbols = symbols("python", "py", uri);

      assertThat(names(symbols)).as(uri).contains("Shop", "price");
      JsonNode shop = symbol(symbols, "Shop");
      assertThat(shop.path("kind").intValue()).isEqualTo(CLASS);
      assertThat(shop.at("/location/uri").stringValue())
          .isEqualTo("file:///home/daytona/py/shop.py");
      assertThat(shop.at("/location/range/start/line").intValue()).isZero();
      assertThat(shop.at("/location/range/end/line").intValue()).isPositive();
      ok(document("did-close", "python", "py", uri));
    }
    assertThat(names(symbols("python", "py", "file://py/pack/far away.py"))).contains("Far");
    assertThat(names(symbols("python", "py", "file:///home/daytona/py/pack/far%20away.py")))
        .contains("Far");
    assertThat(symbols("python", "py", "py/empty.py")).isEmpty();
  }

  @Test
  void completesPythonFromTheFirstCharacterOn() throws Exception {
    start("python", "py");

    JsonNode members = completions("python", "py", "py/shop.py", 6, 8);
    assertThat(labels(members)).anyMatch(label -> label.startsWith("price"));
    assertThat(members.path("isIncomplete").isBoolean()).isTrue();
    assertThat(completions("python", "py", "py/shop.py", 0, 0).path("items").isArray()).isTrue();
  }

  @Test
  void findsAPythonClassInTheWholeProject() throws Exception {
    start("python", "py");

    JsonNode found = workspaceSymbols("python", "py", "far");

    assertThat(names(found)).containsExactly("Far");
    assertThat(found.get(0).path("kind").intValue()).isEqualTo(CLASS);
    assertThat(found.get(0).at("/location/uri").stringValue())
        .isEqualTo("file:///home/daytona/py/pack/far%20away.py");
    assertThat(workspaceSymbols("python", "py", "NoSuchName")).isEmpty();
    assertThat(workspaceSymbols("python", "py", "--help")).isEmpty();
  }

  // TypeScript and JavaScript.

  @Test
  void servesTypescript() throws Exception {
    start("typescript", "/home/daytona/ts");

    JsonNode found = workspaceSymbols("typescript", "ts", "Shop");
    assertThat(names(found)).contains("Shop");
    for (String uri : List.of("file://ts/src/shop.ts", "file:///home/daytona/ts/src/shop.ts")) {
      ok(document("did-open", "typescript", "ts", uri));
      assertThat(symbol(symbols("typescript", "ts", uri), "Shop").path("kind").intValue())
          .isEqualTo(CLASS);
      assertThat(labels(completions("typescript", "ts", uri, 4, 8))).contains("price");
      ok(document("did-close", "typescript", "ts", uri));
    }
    assertThat(labels(completions("typescript", "ts", "ts/src/shop.ts", 4, 8))).contains("price");
    ok(server("stop", "typescript", "ts"));
  }

  @Test
  void servesJavascript() throws Exception {
    start("javascript", "js");

    assertThat(names(workspaceSymbols("javascript", "js", "Basket"))).contains("Basket");
    assertThat(labels(completions("javascript", "js", "js/basket.js", 1, 15))).contains("size");
    assertThat(allIn("js")).isGreaterThan(1);
    ok(server("stop", "javascript", "js"));
    assertThat(allIn("js")).isZero();
  }

  // Lives of servers.

  @Test
  void startsOnceAndReallyStops() throws Exception {
    run("mkdir -p lives");
    start("python", "lives");
    start("python", "/home/daytona/lives/");
    assertThat(servers("lives")).isEqualTo(1);

    ok(server("stop", "python", "lives"));

    assertThat(servers("lives")).isZero();
    refused(server("stop", "python", "lives"));
    refused(document("did-open", "python", "lives", "py/shop.py"));
  }

  @Test
  void refusesEverythingBeforeTheStart() throws Exception {
    refused(document("did-open", "python", "never", "py/shop.py"));
    refused(document("did-close", "python", "never", "py/shop.py"));
    refused(get(symbolsPath("python", "never", "py/shop.py")));
    refused(get(searchPath("python", "never", "Shop")));
    refused(
        postJson("/lsp/completions", Json.text(position("python", "never", "py/shop.py", 0, 0))));
    refused(server("stop", "python", "never"));
  }

  @Test
  void noticesACrashAndStartsAgain() throws Exception {
    run("mkdir -p crash");
    start("python", "crash");
    kill("crash");

    String sentence = refused(get(symbolsPath("python", "crash", "py/shop.py")));

    assertThat(sentence).contains("signal 9", "start it");
    start("python", "crash");
    assertThat(names(symbols("python", "crash", "py/shop.py"))).contains("Shop");
    ok(server("stop", "python", "crash"));
  }

  @Test
  void goesOnAfterARestartWithItsDocumentsOpen() throws Exception {
    write("restart/kept.ts", SHOP_TS);
    start("typescript", "restart");
    ok(document("did-open", "typescript", "restart", "restart/kept.ts"));

    restartToolbox();

    assertThat(names(symbols("typescript", "restart", "restart/kept.ts"))).contains("Shop");
    assertThat(servers("restart")).isEqualTo(1);
    // The server still knows the deleted file, since a client has opened it.
    run("rm restart/kept.ts");
    assertThat(names(symbols("typescript", "restart", "restart/kept.ts"))).contains("Shop");
    restartToolbox();
    start("typescript", "restart");
    assertThat(servers("restart")).isEqualTo(1);
    ok(server("stop", "typescript", "restart"));
    assertThat(servers("restart")).isZero();
  }

  @Test
  void refusesMoreServersThanASandboxMayHave() throws Exception {
    fake("polite");
    try {
      HttpResponse<String> answer = server("start", "python", "many0");
      for (int number = 1; answer.statusCode() == 200 && number < 20; number++) {
        answer = server("start", "python", "many" + number);
      }
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(json(answer).path("message").stringValue()).contains("8 language servers");
    } finally {
      for (int number = 0; number < 20; number++) {
        var _ = server("stop", "python", "many" + number);
      }
      run("sudo rm /usr/local/bin/pylsp");
    }
  }

  // Bad calls.

  @Test
  void refusesInvalidRequests() throws Exception {
    start("python", "py");

    assertThat(json(server("start", "cobol", "py")).path("message").stringValue())
        .contains("python, typescript, javascript");
    assertThat(server("start", "cobol", "py").statusCode()).isEqualTo(400);
    assertThat(postJson("/lsp/start", "{\"languageId\":\"python\"}").statusCode()).isEqualTo(400);
    assertThat(postJson("/lsp/start", "no json").statusCode()).isEqualTo(400);
    assertThat(document("did-open", "python", "py", "py/absent.py").statusCode()).isEqualTo(400);
    assertThat(document("did-open", "python", "py", "py").statusCode()).isEqualTo(400);
    assertThat(get(searchPath("python", "py", "")).statusCode()).isEqualTo(400);
    Map<String, Object> before = position("python", "py", "py/shop.py", -1, 0);
    assertThat(postJson("/lsp/completions", Json.text(before)).statusCode()).isEqualTo(400);
    Map<String, Object> nowhere = new HashMap<>(before);
    nowhere.remove("position");
    assertThat(postJson("/lsp/completions", Json.text(nowhere)).statusCode()).isEqualTo(400);
  }

  @Test
  void refusesADocumentThatIsTooLarge() throws Exception {
    start("python", "py");
    run("head -c 1100000 /dev/zero | tr '\\0' x > large.py");

    HttpResponse<String> answer = document("did-open", "python", "py", "large.py");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).path("message").stringValue()).contains("1048576");
  }

  // Servers that are none.

  @Test
  void explainsWhyAServerDidNotStart() throws Exception {
    fake("silent-exit");
    try {
      run("mkdir -p broken");
      HttpResponse<String> answer = server("start", "python", "broken");

      assertThat(answer.statusCode()).isEqualTo(500);
      assertThat(json(answer).path("message").stringValue()).contains("no licence found");
      assertThat(servers("broken")).isZero();
    } finally {
      run("sudo rm /usr/local/bin/pylsp");
    }
  }

  @Test
  void endsServersThatBreakTheProtocol() throws Exception {
    for (String way : List.of("huge", "header", "garbage", "flood")) {
      fake(way);
      try {
        String project = "hostile-" + way;
        run("mkdir -p " + project);
        start("python", project);
        assertThat(servers(project)).as(way).isEqualTo(1);
        HttpResponse<String> answer = get(symbolsPath("python", project, "py/shop.py"));
        assertThat(answer.statusCode()).as(way + ": " + answer.body()).isEqualTo(400);

        String sentence = refused(get(symbolsPath("python", project, "py/shop.py")));

        assertThat(sentence).as(way).contains("was ended because it");
        assertThat(servers(project)).as(way).isZero();
        ok(server("stop", "python", project));
      } finally {
        run("sudo rm /usr/local/bin/pylsp");
      }
    }
    assertThat(run("echo well").path("result").stringValue()).isEqualTo("well\n");
  }

  @Test
  void leavesOutInvalidSymbolsAndFlattensTheOthers() throws Exception {
    fake("odd");
    try {
      start("python", "odd");

      JsonNode symbols = symbols("python", "odd", "py/shop.py");

      assertThat(names(symbols)).containsExactly("Outer", "Inner");
      ok(server("stop", "python", "odd"));
    } finally {
      run("sudo rm /usr/local/bin/pylsp");
    }
  }

  /// Replaces the server by a program that answers the initialize request and then misbehaves.
  private void fake(String way) throws Exception {
    write(
        "fake",
        """
        #!/usr/bin/python3 -u
        import json, sys, time
        way = "%s"
        if way == "silent-exit":
            sys.exit("no licence found")
        def read():
            length = 0
            while True:
                line = sys.stdin.buffer.readline()
                if not line:
                    sys.exit()
                if line == b"\\r\\n":
                    return json.loads(sys.stdin.buffer.read(length))
                if line.startswith(b"Content-Length"):
                    length = int(line.split(b":")[1])
        def write(**message):
            body = json.dumps({"jsonrpc": "2.0", **message}).encode()
            sys.stdout.buffer.write(b"Content-Length: %%d\\r\\n\\r\\n" %% len(body) + body)
            sys.stdout.buffer.flush()
        span = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
        inner = {"name": "Inner", "kind": 6, "range": span, "selectionRange": span}
        outer = {**inner, "name": "Outer", "kind": 5, "children": [inner]}
        odd = [{"name": None, "kind": 5, "range": span, "selectionRange": span}, outer]
        while True:
            message = read()
            if message["method"] == "initialize":
                write(id=message["id"], result={"capabilities": {}})
            elif message["method"] == "exit":
                sys.exit()
            elif message["method"] == "textDocument/documentSymbol":
                if way == "odd":
                    write(id=message["id"], result=odd)
                elif way == "huge":
                    sys.stdout.buffer.write(b"Content-Length: 2000000000\\r\\n\\r\\n[")
                elif way == "header":
                    while True:
                        sys.stdout.buffer.write(b"x" * 65536)
                elif way == "garbage":
                    sys.stdout.buffer.write(b"Content-Length: 5\\r\\n\\r\\n{]{]{")
                elif way == "flood":
                    while True:
                        write(method="window/logMessage", params={"message": "x" * 500000})
                sys.stdout.buffer.flush()
            elif "id" in message:
                write(id=message["id"], result=None)
        """
            .formatted(way));
    run("sudo install -m 755 fake /usr/local/bin/pylsp");
  }

  // How calls are made.

  private void start(String language, String project) throws Exception {
    ok(server("start", language, project));
  }

  private HttpResponse<String> server(String call, String language, String project)
      throws Exception {
    return postJson(
        "/lsp/" + call, Json.text(Map.of("languageId", language, "pathToProject", project)));
  }

  private HttpResponse<String> document(String call, String language, String project, String uri)
      throws Exception {
    return postJson(
        "/lsp/" + call,
        Json.text(Map.of("languageId", language, "pathToProject", project, "uri", uri)));
  }

  private static Map<String, Object> position(
      String language, String project, String uri, int line, int character) {
    return Map.of(
        "languageId",
        language,
        "pathToProject",
        project,
        "uri",
        uri,
        "position",
        Map.of("line", line, "character", character));
  }

  private JsonNode completions(String language, String project, String uri, int line, int character)
      throws Exception {
    return ok(
        postJson("/lsp/completions", Json.text(position(language, project, uri, line, character))));
  }

  private static String symbolsPath(String language, String project, String uri) {
    return "/lsp/document-symbols?languageId="
        + language
        + "&pathToProject="
        + encoded(project)
        + "&uri="
        + encoded(uri);
  }

  private static String searchPath(String language, String project, String query) {
    return "/lsp/workspacesymbols?languageId="
        + language
        + "&pathToProject="
        + encoded(project)
        + "&query="
        + encoded(query);
  }

  private JsonNode symbols(String language, String project, String uri) throws Exception {
    return ok(get(symbolsPath(language, project, uri)));
  }

  private JsonNode workspaceSymbols(String language, String project, String query)
      throws Exception {
    return ok(get(searchPath(language, project, query)));
  }

  private static JsonNode ok(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body().isEmpty() ? Json.read("{}", JsonNode.class) : json(answer);
  }

  private static String refused(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(json(answer).path("code").stringValue()).isEqualTo("LSP_SERVER_NOT_INITIALIZED");
    return json(answer).path("message").stringValue();
  }

  private static List<String> names(JsonNode symbols) {
    return StreamSupport.stream(symbols.spliterator(), false)
        .map(symbol -> symbol.path("name").stringValue())
        .toList();
  }

  private static JsonNode symbol(JsonNode symbols, String name) {
    return StreamSupport.stream(symbols.spliterator(), false)
        .filter(symbol -> symbol.path("name").stringValue().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " is not in " + symbols));
  }

  private static List<String> labels(JsonNode completions) {
    return StreamSupport.stream(completions.path("items").spliterator(), false)
        .map(item -> item.path("label").stringValue())
        .toList();
  }

  // Which processes there are: servers are the agent's children and work in their projects.

  private long servers(String project) throws Exception {
    return count(
        "for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = /home/daytona/"
            + project
            + " ] && grep -P '^PPid:\\t1$' $p/status; done | wc -l");
  }

  private long allIn(String project) throws Exception {
    return count(
        "for p in /proc/[0-9]*; do readlink $p/cwd; done | grep -cx /home/daytona/" + project);
  }

  private void kill(String project) throws Exception {
    run(
        "for p in /proc/[0-9]*; do [ \"$(readlink $p/cwd)\" = /home/daytona/"
            + project
            + " ] && kill -9 ${p#/proc/}; done");
    Waiting.eventually("none is left", () -> allIn(project) == 0);
  }

  private long count(String command) throws Exception {
    return Long.parseLong(run(command).path("result").stringValue().strip());
  }
}
