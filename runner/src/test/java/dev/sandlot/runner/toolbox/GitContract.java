package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Git calls that need no server, on any engine.
abstract class GitContract extends ToolboxHarness {
  private static final Map<String, Object> SOMEBODY =
      Map.of("author", "Ada L. Byron", "email", "ada@example.org");

  // Repositories.

  @Test
  void createsARepositoryOnTheRequestedBranch() throws Exception {
    String path = unique();

    assertThat(post("init", Map.of("path", path, "initial_branch", "trunk")).statusCode())
        .isEqualTo(201);
    JsonNode status = status(path);

    assertThat(status.path("currentBranch").stringValue()).isEqualTo("trunk");
    assertThat(status.path("fileStatus").isArray()).isTrue();
    assertThat(status.path("fileStatus").size()).isZero();
    assertThat(status.path("branchPublished").booleanValue()).isFalse();
    assertThat(status.path("detached").booleanValue()).isFalse();
  }

  @Test
  void createsABareRepository() throws Exception {
    String path = unique();

    ok(post("init", Map.of("path", path, "bare", true)), 201);

    assertThat(shell("git -C " + path + " rev-parse --is-bare-repository")).isEqualTo("true\n");
    refused(get("/git/status?path=" + path), 400, "BAD_REQUEST");
  }

  @Test
  void refusesToInitializeAnExistingRepositoryOnAnotherBranch() throws Exception {
    String path = repository();

    ok(post("init", Map.of("path", path)), 201);
    ok(post("init", Map.of("path", path, "initial_branch", "main")), 201);
    refused(post("init", Map.of("path", path, "initial_branch", "dev")), 409, "CONFLICT");
    refused(post("init", Map.of("path", unique(), "initial_branch", "-x")), 400, "BAD_REQUEST");
    refused(post("init", Map.of("bare", true)), 400, "INVALID_REQUEST_BODY");
  }

  @Test
  void refusesFoldersThatAreNoRepository() throws Exception {
    String path = unique();
    run("mkdir " + path);

    for (String folder : List.of(path, unique())) {
      refused(get("/git/status?path=" + folder), 404, "GIT_REPO_NOT_FOUND");
      refused(get("/git/branches?path=" + folder), 404, "GIT_REPO_NOT_FOUND");
      refused(get("/git/history?path=" + folder), 404, "GIT_REPO_NOT_FOUND");
      refused(get("/git/remotes?path=" + folder), 404, "GIT_REPO_NOT_FOUND");
      refused(
          post("add", Map.of("path", folder, "files", List.of("."))), 404, "GIT_REPO_NOT_FOUND");
      refused(post("pull", Map.of("path", folder)), 404, "GIT_REPO_NOT_FOUND");
      refused(commit(folder, "x", Map.of()), 404, "GIT_REPO_NOT_FOUND");
    }
  }

  @Test
  void refusesCallsWithoutTheirFields() throws Exception {
    refused(get("/git/status"), 400, "BAD_REQUEST");
    refused(get("/git/branches?path="), 400, "BAD_REQUEST");
    refused(get("/git/config"), 400, "BAD_REQUEST");
    refused(post("add", Map.of("path", "x")), 400, "INVALID_REQUEST_BODY");
    refused(post("checkout", Map.of("path", "x", "branch", 5)), 400, "INVALID_REQUEST_BODY");
    refused(postJson("/git/clone", "not json"), 400, "INVALID_REQUEST_BODY");
    refused(post("push", Map.of()), 400, "INVALID_REQUEST_BODY");
  }

  @Test
  void keepsLaterFieldsFromAClientThatRejectsThem() throws Exception {
    String path = repository();
    String[] old = {"X-Daytona-Source", "sdk-go", "X-Daytona-SDK-Version", "v0.187.0"};

    JsonNode status = json(ok(get("/git/status?path=" + path, old), 200));
    JsonNode branches = json(ok(get("/git/branches?path=" + path, old), 200));

    assertThat(status.propertyNames())
        .containsExactlyInAnyOrder(
            "currentBranch", "branchPublished", "ahead", "behind", "fileStatus");
    assertThat(branches.propertyNames()).containsExactly("branches");
  }

  @Test
  void refusesInputBeyondTheLimits() throws Exception {
    String path = repository();
    List<String> files = Collections.nCopies(2_000, "x".repeat(3_000));

    refused(commit(path, "x".repeat(4_000_001), Map.of()), 413, "BAD_REQUEST");
    refused(post("add", Map.of("path", path, "files", files)), 413, "BAD_REQUEST");
    refused(
        post("add", Map.of("path", path, "files", List.of("x".repeat(4_097)))),
        400,
        "INVALID_FILE_PATH");
    refused(post("branches", Map.of("path", path, "name", "x".repeat(5_000))), 400, "BAD_REQUEST");
  }

  // Changes.

  @Test
  void listsTheStatusOfEachFile() throws Exception {
    String path = repository();
    shell(
        "cd %s && echo 1 > kept && echo 2 > gone && echo 3 > old && git add . && git commit -qm x"
            .formatted(path));
    shell("cd %s && echo more >> kept && rm gone && git mv old 'new name'".formatted(path));
    shell("cd %s && echo s > staged && git add staged && echo t > staged".formatted(path));
    shell("cd %s && mkdir f && echo u > \"$(printf 'f/a\\nb \\303\\274')\"".formatted(path));

    JsonNode status = status(path);

    assertThat(file(status, "README.md")).isEmpty();
    assertThat(file(status, "kept")).isEqualTo("Unmodified/Modified/");
    assertThat(file(status, "gone")).isEqualTo("Unmodified/Deleted/");
    assertThat(file(status, "new name")).isEqualTo("Renamed/Unmodified/old");
    assertThat(file(status, "staged")).isEqualTo("Added/Modified/");
    assertThat(file(status, "f/a\nb \u00fc")).isEqualTo("Untracked/Untracked/");
    assertThat(status.path("fileStatus").size()).isEqualTo(5);
  }

  @Test
  void stagesCommitsAndListsTheHistory() throws Exception {
    String path = repository();
    shell("cd %s && echo 1 > a && mkdir b && echo 2 > b/c && rm README.md".formatted(path));
    String message = "-m is no option\n\n# not a comment\n";

    ok(post("add", Map.of("path", path, "files", List.of("a", "b", "README.md"))), 200);
    String hash = json(ok(commit(path, message, Map.of()), 200)).path("hash").stringValue();
    JsonNode history = json(ok(get("/git/history?path=" + path), 200));

    assertThat(hash).matches("[0-9a-f]{40}");
    assertThat(status(path).path("fileStatus").size()).isZero();
    assertThat(history.size()).isEqualTo(2);
    assertThat(history.get(0).path("hash").stringValue()).isEqualTo(hash);
    assertThat(history.get(0).path("author").stringValue()).isEqualTo("Ada L. Byron");
    assertThat(history.get(0).path("email").stringValue()).isEqualTo("ada@example.org");
    assertThat(history.get(0).path("message").stringValue()).isEqualTo(message.strip());
    assertThat(history.get(0).path("timestamp").stringValue()).startsWith("20");
  }

  @Test
  void commitsNothingOnlyIfAllowed() throws Exception {
    String path = repository();

    String sentence = refused(commit(path, "empty", Map.of()), 409, "CONFLICT");
    ok(commit(path, "empty", Map.of("allow_empty", true)), 200);

    assertThat(sentence).contains("allow_empty");
    refused(commit(path, "  \n ", Map.of()), 400, "INVALID_REQUEST_BODY");
    refused(
        post("commit", Map.of("path", path, "message", "x", "author", "a\nb", "email", "e")),
        400,
        "INVALID_REQUEST_BODY");
  }

  @Test
  void namesAFileThatCannotBeStaged() throws Exception {
    String path = repository();

    String sentence =
        refused(
            post("add", Map.of("path", path, "files", List.of("--all"))), 404, "FILE_NOT_FOUND");

    assertThat(sentence).contains("--all");
    ok(post("add", Map.of("path", path, "files", List.of())), 200);
  }

  @Test
  void runsHooksForCommitsAlone() throws Exception {
    String path = repository();
    shell(
        """
        cd %s/.git/hooks
        printf '#!/bin/sh\necho hooked > hooked\n' | tee post-checkout > reference-transaction
        printf '#!/bin/sh\ntest ! -e bad || { echo no bad files >&2; exit 1; }\n' > pre-commit
        chmod +x post-checkout pre-commit reference-transaction
        """
            .formatted(path));

    ok(post("branches", Map.of("path", path, "name", "dev")), 201);
    ok(post("checkout", Map.of("path", path, "branch", "main")), 200);
    assertThat(shell("cd %s && ls".formatted(path))).doesNotContain("hooked");
    shell("cd %s && touch bad".formatted(path));
    String sentence =
        refused(commit(path, "x", Map.of("allow_empty", true)), 422, "UNPROCESSABLE_ENTITY");

    assertThat(sentence).contains("no bad files");
    shell("cd %s && rm bad".formatted(path));
    ok(commit(path, "x", Map.of("allow_empty", true)), 200);
  }

  @Test
  void resetsByModeTargetAndFile() throws Exception {
    String path = repository();
    shell("cd %s && echo 1 > a && echo 2 > b && git add .".formatted(path));

    ok(post("reset", Map.of("path", path, "files", List.of("a"))), 200);
    assertThat(file(status(path), "a")).isEqualTo("Untracked/Untracked/");
    assertThat(file(status(path), "b")).isEqualTo("Added/Unmodified/");
    ok(commit(path, "second", Map.of()), 200);
    ok(post("reset", Map.of("path", path, "mode", "soft", "target", "HEAD~1")), 200);
    assertThat(file(status(path), "b")).isEqualTo("Added/Unmodified/");
    ok(post("reset", Map.of("path", path)), 200);
    assertThat(file(status(path), "b")).isEqualTo("Untracked/Untracked/");
    shell("cd %s && echo changed > README.md".formatted(path));
    ok(post("reset", Map.of("path", path, "mode", "hard")), 200);
    assertThat(file(status(path), "README.md")).isEmpty();
  }

  @Test
  void refusesInvalidResets() throws Exception {
    String path = repository();

    refused(post("reset", Map.of("path", path, "mode", "wild")), 400, "BAD_REQUEST");
    refused(post("reset", Map.of("path", path, "target", "--hard")), 400, "BAD_REQUEST");
    refused(post("reset", Map.of("path", path, "target", "nope")), 404, "GIT_BRANCH_NOT_FOUND");
    refused(
        post("reset", Map.of("path", path, "mode", "hard", "files", List.of("a"))),
        400,
        "BAD_REQUEST");
    shell("cd %s && echo 1 > a && git add . && git commit -qm a && echo 2 > a".formatted(path));
    refused(
        post("reset", Map.of("path", path, "mode", "keep", "target", "HEAD~1")),
        409,
        "GIT_DIRTY_WORKTREE");
  }

  @Test
  void restoresFilesAndTheIndex() throws Exception {
    String path = repository();
    shell("cd %s && echo changed > README.md && git add README.md".formatted(path));

    ok(restore(path, Map.of("staged", true)), 200);
    assertThat(file(status(path), "README.md")).isEqualTo("Unmodified/Modified/");
    ok(restore(path, Map.of()), 200);
    assertThat(file(status(path), "README.md")).isEmpty();
    shell("cd %s && echo two > README.md && git commit -qam two".formatted(path));
    ok(restore(path, Map.of("source", "HEAD~1", "staged", true, "worktree", true)), 200);
    assertThat(file(status(path), "README.md")).isEqualTo("Modified/Unmodified/");

    refused(restore(path, Map.of("worktree", false)), 400, "BAD_REQUEST");
    refused(restore(path, Map.of("source", "nope")), 404, "GIT_BRANCH_NOT_FOUND");
    refused(post("restore", Map.of("path", path, "files", List.of("nope"))), 404, "FILE_NOT_FOUND");
    refused(post("restore", Map.of("path", path, "files", List.of())), 400, "INVALID_REQUEST_BODY");
  }

  // What the tests share.

  /// A repository on main with one commit of README.md.
  final String repository() throws Exception {
    String path = unique();
    shell(
        ("git init -q -b main %s && cd %s && git config user.name T && git config user.email t@x &&"
                + " echo one > README.md && git add . && git commit -qm one")
            .formatted(path, path));
    return path;
  }

  static String unique() {
    return "r" + UUID.randomUUID().toString().substring(0, 8);
  }

  final HttpResponse<String> post(String operation, Map<String, Object> body) throws Exception {
    return postJson("/git/" + operation, Json.text(body));
  }

  final HttpResponse<String> commit(String path, String message, Map<String, Object> more)
      throws Exception {
    Map<String, Object> body = new HashMap<>(SOMEBODY);
    body.put("path", path);
    body.put("message", message);
    body.putAll(more);
    return post("commit", body);
  }

  private HttpResponse<String> restore(String path, Map<String, Object> more) throws Exception {
    Map<String, Object> body = new HashMap<>(more);
    body.put("path", path);
    body.put("files", List.of("README.md"));
    return post("restore", body);
  }

  final JsonNode status(String path) throws Exception {
    return json(ok(get("/git/status?path=" + path), 200));
  }

  /// Staging, worktree and previous name of a file; empty when it is unchanged.
  static String file(JsonNode status, String name) {
    return StreamSupport.stream(status.path("fileStatus").spliterator(), false)
        .filter(file -> file.path("name").stringValue().equals(name))
        .map(file ->
            file.path("staging").stringValue()
                + "/"
                + file.path("worktree").stringValue()
                + "/"
                + file.path("extra").stringValue())
        .findFirst()
        .orElse("");
  }

  static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::stringValue).toList();
  }

  /// The output of a command, which must succeed.
  final String shell(String command) throws Exception {
    JsonNode answer = run(command);
    assertThat(answer.path("exitCode").intValue())
        .as(command + ": " + answer.path("result").stringValue())
        .isZero();
    return answer.path("result").stringValue();
  }

  static HttpResponse<String> ok(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return answer;
  }

  /// Checks a refusal and returns its sentence.
  static String refused(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(json(answer).path("code").stringValue()).as(answer.body()).isEqualTo(code);
    String sentence = json(answer).path("message").stringValue();
    assertThat(sentence).matches("(?s)[a-z ]+: .{5,}");
    return sentence;
  }
}
