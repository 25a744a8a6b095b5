package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Searching and replacing in files, on any engine.
abstract class ToolboxSearchContract extends ToolboxContract {
  // Names.

  @Test
  void searchesNamesOfFilesAndFoldersBelowAndIncludingThePath() throws Exception {
    inside(
        """
        mkdir -p names/a.d/b names/.hidden.d && cd names &&
        touch a.d/x.py a.d/b/.y.py '.hidden.d/-z.py' 'with space.py' x.pyc && ln -s /etc linked.d
        """);

    assertThat(search("names", "*.py"))
        .containsExactly(
            "names/.hidden.d/-z.py", "names/a.d/b/.y.py", "names/a.d/x.py", "names/with space.py");
    assertThat(search("names", "*.d"))
        .containsExactly("names/.hidden.d", "names/a.d", "names/linked.d");
    assertThat(search("names", "n?me[r-t]")).containsExactly("names");
    assertThat(search("names", "b/*")).isEmpty();
  }

  @Test
  void keepsTheFormOfThePathInWhatASearchFinds() throws Exception {
    inside("mkdir -p form/deep && touch form/deep/file.form");

    assertThat(search("form", "*.form")).containsExactly("form/deep/file.form");
    assertThat(search("./form/", "*.form")).containsExactly("./form/deep/file.form");
    assertThat(search(".", "*.form")).containsExactly("form/deep/file.form");
    assertThat(search("/home/daytona/form", "*.form"))
        .containsExactly("/home/daytona/form/deep/file.form");
    assertThat(search("form/deep/file.form", "*.form")).containsExactly("form/deep/file.form");
  }

  @Test
  void findsNothingInAMissingFolder() throws Exception {
    assertThat(search("/no/such/folder", "*")).isEmpty();
  }

  @Test
  void refusesInvalidPatterns() throws Exception {
    assertThat(get("/files/search?path=.").statusCode()).isEqualTo(400);
    assertThat(get("/files/search?pattern=x").statusCode()).isEqualTo(400);
    HttpResponse<String> open = get("/files/search?path=.&pattern=" + encoded("[a"));
    assertThat(open.statusCode()).isEqualTo(400);
    assertThat(json(open).path("message").stringValue()).contains("pattern");
    assertThat(get("/files/find?path=.&pattern=a%00b").statusCode()).isEqualTo(400);
    HttpResponse<String> large = get("/files/find?path=.&pattern=" + "x".repeat(20_000));
    assertThat(large.statusCode()).isEqualTo(400);
    assertThat(json(large).path("message").stringValue()).contains("16384 bytes");
  }

  // Contents.

  @Test
  void findsLinesInFilesOfAnyKind() throws Exception {
    inside(
        """
        mkdir -p found/.git/sub && cd found &&
        printf 'one\\ntwo needle.+\\r\\n' > b.txt && printf 'needle.+' > .git/sub/config &&
        printf 'needleX+\\nNEEDLE.+\\n' > c.txt && printf 'b.txt\\n*' > .gitignore &&
        printf '*' > .ignore && printf '*' > .rgignore && ln -s b.txt link.txt &&
        printf 'needle.+\\n\\000' > binary && printf '%0600d needle.+\\n\\000' 1 > late &&
        printf '\\377\\376needle.+\\n' > marked &&
        { printf 'needle.+\\n%070000d needle.+\\n' 1; echo needle.+; } > long
        """);

    List<String> found = found("found", "needle.+");

    assertThat(found)
        .containsExactly(
            "found/.git/sub/config:1:needle.+",
            "found/b.txt:2:two needle.+",
            "found/late:1:" + "0".repeat(599) + "1 needle.+",
            "found/long:1:needle.+",
            "found/marked:1:\ufffd\ufffdneedle.+");
  }

  @Test
  void findsInOneFileAndKeepsTheFormOfItsPath() throws Exception {
    inside("mkdir -p single && printf -- '--flag\\nx --flag\\n' > single/-file");

    assertThat(found("single/-file", "--flag"))
        .containsExactly("single/-file:1:--flag", "single/-file:2:x --flag");
    assertThat(found("./single", "--flag")).hasSize(2).allMatch(one -> one.startsWith("./single/"));
    assertThat(found("/home/daytona/single", "x --"))
        .containsExactly("/home/daytona/single/-file:2:x --flag");
  }

  @Test
  void findsNoTextAcrossLines() throws Exception {
    inside("mkdir -p lines && printf 'a\\nb\\n' > lines/file");

    assertThat(found("lines", "a\nb")).isEmpty();
    assertThat(found("lines/file", "a\nb")).isEmpty();
  }

  @Test
  void refusesAMissingFolderToFindIn() throws Exception {
    HttpResponse<String> answer = get("/files/find?path=/no/such&pattern=x");

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(json(answer).path("code").stringValue()).isEqualTo("FILE_NOT_FOUND");
    assertThat(get("/files/find?path=.").statusCode()).isEqualTo(400);
  }

  @Test
  void refusesASearchWithTooManyResults() throws Exception {
    inside("mkdir -p much && yes needle | head -n 100001 > much/file");

    HttpResponse<String> answer = get("/files/find?path=much&pattern=needle");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).path("message").stringValue()).contains("100000 lines");
  }

  // Replacing.

  @Test
  void replacesInEachFileAndReportsEachResult() throws Exception {
    inside(
        """
        mkdir -p swap/folder && cd swap && printf 'a.b a.b axb\\n' > one && chmod 640 one &&
        printf 'nothing' > two && printf 'a.b' > three && chmod 755 three && ln -s three link
        """);

    JsonNode results =
        replaced(
            List.of("swap/one", "swap/two", "swap/none", "swap/folder", "swap/link"),
            "a.b",
            "$1 \u00e9\n");

    assertThat(results.get(0).path("success").booleanValue()).isTrue();
    assertThat(results.get(1).path("success").booleanValue()).isTrue();
    assertThat(results.get(2).path("success").booleanValue()).isFalse();
    assertThat(results.get(2).path("file").stringValue()).isEqualTo("swap/none");
    assertThat(results.get(2).path("error").stringValue()).contains("swap/none");
    assertThat(results.get(3).path("error").stringValue()).contains("directory");
    assertThat(results.get(4).path("success").booleanValue()).isTrue();
    assertThat(content("swap/one")).isEqualTo("$1 \u00e9\n $1 \u00e9\n axb\n");
    assertThat(content("swap/three")).isEqualTo("$1 \u00e9\n");
    assertThat(inside("cd swap && stat -c %a one three && readlink link && ls -A"))
        .isEqualTo("640\n755\nthree\nfolder\nlink\none\nthree\ntwo\n");
  }

  @Test
  void replacesWithNothingAndAcrossLines() throws Exception {
    inside("mkdir -p gone && printf 'a\\nb\\nc' > gone/file");

    assertThat(replaced(List.of("gone/file"), "a\nb", "").get(0).path("success").booleanValue())
        .isTrue();
    assertThat(content("gone/file")).isEqualTo("\nc");
  }

  @Test
  void refusesInvalidReplacements() throws Exception {
    for (String body :
        List.of(
            "{}",
            "{\"files\":[],\"pattern\":\"\",\"newValue\":\"\"}",
            "{\"files\":[],\"pattern\":\"a\"}",
            "{\"files\":[],\"pattern\":\"a\",\"newValue\":null}",
            "{\"files\":\"f\",\"pattern\":\"a\",\"newValue\":\"\"}",
            "{\"files\":[7],\"pattern\":\"a\",\"newValue\":\"\"}")) {
      HttpResponse<String> answer = postJson("/files/replace", body);

      assertThat(answer.statusCode()).as(body).isEqualTo(400);
      assertThat(json(answer).path("code").stringValue()).isEqualTo("INVALID_REQUEST_BODY");
    }
    HttpResponse<String> none =
        postJson("/files/replace", "{\"files\":[],\"pattern\":\"a\",\"newValue\":\"\"}");
    assertThat(none.body()).isEqualTo("[]");
  }

  private JsonNode replaced(List<String> files, String pattern, String newValue) throws Exception {
    HttpResponse<String> answer =
        postJson(
            "/files/replace",
            Json.text(Map.of("files", files, "pattern", pattern, "newValue", newValue)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer);
  }

  final String content(String path) throws Exception {
    return get("/files/download?path=" + encoded(path)).body();
  }

  /// The output of a command, which must succeed.
  final String inside(String command) throws Exception {
    JsonNode answer = run(command);
    assertThat(answer.path("exitCode").intValue()).as(answer.toString()).isZero();
    return answer.path("result").stringValue();
  }

  private List<String> search(String path, String pattern) throws Exception {
    HttpResponse<String> answer =
        get("/files/search?path=" + encoded(path) + "&pattern=" + encoded(pattern));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return StreamSupport.stream(json(answer).path("files").spliterator(), false)
        .map(JsonNode::stringValue)
        .toList();
  }

  final List<String> found(String path, String pattern) throws Exception {
    HttpResponse<String> answer =
        get("/files/find?path=" + encoded(path) + "&pattern=" + encoded(pattern));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return StreamSupport.stream(json(answer).spliterator(), false)
        .map(match ->
            match.path("file").stringValue()
                + ":"
                + match.path("line").intValue()
                + ":"
                + match.path("content").stringValue())
        .toList();
  }
}
