package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// How Git calls behave that need no server, whatever engine is behind the toolbox.
abstract class GitContract extends ToolboxHarness {
  private static final Map<String, Object> SOMEBODY =
      Map.of("author", "Ada L. Byron", "email", "ada@example.org");

  // Repositories.

  @Test
  void makesARepositoryOnTheBranchThatWasAskedFor() throws Exception {
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
  void makesABareRepository() throws Exception {
    String path = unique();

    ok(post("init", Map.of("path", path, "bare", true)), 201);

    assertThat(shell("git -C " + path + " rev-parse --is-bare-repository")).isEqualTo("true\n");
    refused(get("/git/status?path=" + path), 400, "BAD_REQUEST");
  }

  @Test
  void doesNotMoveARepositoryToAnotherBranchByMakingItAgain() throws Exception {
    String path = repository();

    ok(post("init", Map.of("path", path)), 201);
    ok(post("init", Map.of("path", path, "initial_branch", "main")), 201);
    refused(post("init", Map.of("path", path, "initial_branch", "dev")), 409, "CONFLICT");
    refused(post("init", Map.of("path", unique(), "initial_branch", "-x")), 400, "BAD_REQUEST");
    refused(post("init", Map.of("bare", true)), 400, "INVALID_REQUEST_BODY");
  }

  @Test
  void refusesWhatIsNoRepository() throws Exception {
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

  // Changes.

  @Test
  void tellsEachFileByWhatBecameOfIt() throws Exception {
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
  void stagesCommitsAndTellsTheHistory() throws Exception {
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
  void refusesResetsThatMeanNothing() throws Exception {
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

  // Branches.

  @Test
  void listsNoBranchesAsAnEmptyList() throws Exception {
    String path = unique();
    ok(post("init", Map.of("path", path, "initial_branch", "main")), 201);

    JsonNode branches = json(ok(get("/git/branches?path=" + path), 200));

    assertThat(branches.path("branches").isArray()).isTrue();
    assertThat(branches.path("branches").size()).isZero();
    assertThat(branches.path("current").stringValue()).isEqualTo("main");
    assertThat(ok(get("/git/history?path=" + path), 200).body()).isEqualTo("[]");
  }

  @Test
  void makesChecksOutAndDeletesBranches() throws Exception {
    String path = repository();

    ok(post("branches", Map.of("path", path, "name", "feature/one")), 201);
    assertThat(status(path).path("currentBranch").stringValue()).isEqualTo("feature/one");
    ok(delete(path, "feature/one"), 204);
    ok(delete(path, "feature/one"), 204);
    shell("cd %s && git checkout -q main && git branch two".formatted(path));
    JsonNode branches = json(get("/git/branches?path=" + path));
    ok(delete(path, "two"), 204);

    assertThat(texts(branches.path("branches"))).containsExactly("main", "two");
    assertThat(branches.path("current").stringValue()).isEqualTo("main");
    assertThat(texts(json(get("/git/branches?path=" + path)).path("branches")))
        .containsExactly("main");
  }

  @Test
  void refusesBranchesThatExistOrCannotBe() throws Exception {
    String path = repository();

    refused(post("branches", Map.of("path", path, "name", "main")), 409, "GIT_BRANCH_EXISTS");
    refused(post("branches", Map.of("path", path, "name", "main/a")), 409, "GIT_BRANCH_EXISTS");
    for (String name : List.of("-d", "a..b", "a b", "x.lock", "/a", "a//b", "@", "HEAD", "a~1")) {
      refused(post("branches", Map.of("path", path, "name", name)), 400, "BAD_REQUEST");
      refused(delete(path, name), 400, "BAD_REQUEST");
    }
  }

  @Test
  void checksOutCommitsAndTags() throws Exception {
    String path = repository();
    String hash = shell("git -C %s tag v1 && git -C %s rev-parse HEAD".formatted(path, path));

    for (String target : List.of(hash.strip(), "v1")) {
      ok(post("checkout", Map.of("path", path, "branch", target)), 200);
      assertThat(status(path).path("currentBranch").stringValue()).isEqualTo("HEAD");
      assertThat(status(path).path("detached").booleanValue()).isTrue();
    }
    assertThat(json(get("/git/branches?path=" + path)).has("current")).isFalse();
  }

  @Test
  void leavesEverythingWhenACheckoutIsRefused() throws Exception {
    String path = repository();
    shell(
        "cd %s && git checkout -qb dev && echo dev > README.md && git commit -qam dev && git"
                .formatted(path)
            + " checkout -q main && echo mine > README.md");

    refused(post("checkout", Map.of("path", path, "branch", "dev")), 409, "GIT_DIRTY_WORKTREE");
    refused(post("checkout", Map.of("path", path, "branch", "nope")), 404, "GIT_BRANCH_NOT_FOUND");
    refused(
        post("checkout", Map.of("path", path, "branch", "README.md")), 404, "GIT_BRANCH_NOT_FOUND");
    refused(post("checkout", Map.of("path", path, "branch", "-f")), 400, "BAD_REQUEST");

    assertThat(shell("cat %s/README.md".formatted(path))).isEqualTo("mine\n");
    assertThat(status(path).path("currentBranch").stringValue()).isEqualTo("main");
  }

  @Test
  void tellsAConflictByItsCode() throws Exception {
    String path = repository();
    shell(
        "cd %s && git checkout -qb dev && echo dev > README.md && git commit -qam dev && git"
                .formatted(path)
            + " checkout -q main && echo main > README.md && git commit -qam main;"
            + " git merge -q dev > /dev/null; true");

    assertThat(file(status(path), "README.md"))
        .isEqualTo("Updated but unmerged/Updated but unmerged/");
    refused(commit(path, "x", Map.of()), 409, "GIT_MERGE_CONFLICT");
    refused(post("checkout", Map.of("path", path, "branch", "dev")), 409, "GIT_MERGE_CONFLICT");
  }

  // Configuration.

  @Test
  void setsAndTellsConfiguration() throws Exception {
    String path = repository();

    assertThat(config("key=sandlot.missing").body()).isEqualTo("{\"value\":null}");
    ok(post("config", Map.of("key", "sandlot.some-key", "value", "-1 \"x\"\n=")), 200);
    ok(
        post(
            "config",
            Map.of("key", "sandlot.some-key", "value", "here", "scope", "local", "path", path)),
        200);

    assertThat(json(config("key=sandlot.some-key")).path("value").stringValue())
        .isEqualTo("-1 \"x\"\n=");
    assertThat(
            json(config("key=sandlot.some-key&scope=local&path=" + path))
                .path("value")
                .stringValue())
        .isEqualTo("here");
    ok(post("config/user", Map.of("name", "Grace", "email", "g@example.org")), 200);
    assertThat(json(config("key=user.email")).path("value").stringValue())
        .isEqualTo("g@example.org");
  }

  @Test
  void refusesConfigurationThatIsNone() throws Exception {
    refused(config("key=nodot"), 400, "BAD_REQUEST");
    refused(config("key=--list"), 400, "BAD_REQUEST");
    refused(config("key=a.b&scope=worktree"), 400, "BAD_REQUEST");
    refused(config("key=a.b&scope=local"), 400, "BAD_REQUEST");
    refused(config("key=a.b&scope=local&path=" + unique()), 404, "GIT_REPO_NOT_FOUND");
    refused(post("config", Map.of("key", "a.b")), 400, "INVALID_REQUEST_BODY");
    refused(post("config", Map.of("key", "a b", "value", "x")), 400, "BAD_REQUEST");
    refused(post("config/user", Map.of("name", "x")), 400, "INVALID_REQUEST_BODY");
  }

  // Remotes.

  @Test
  void addsAndReplacesRemotes() throws Exception {
    String path = repository();
    String one = "https://one.example/x.git";
    String two = "https://two.example/x.git";

    assertThat(get("/git/remotes?path=" + path).body()).isEqualTo("{\"remotes\":[]}");
    ok(post("remotes", Map.of("path", path, "name", "up", "url", one)), 201);
    refused(post("remotes", Map.of("path", path, "name", "up", "url", two)), 409, "CONFLICT");
    shell("git -C %s remote set-url --push up %s".formatted(path, one));
    ok(post("remotes", Map.of("path", path, "name", "up", "url", two, "overwrite", true)), 201);

    JsonNode remotes = json(get("/git/remotes?path=" + path)).path("remotes");
    assertThat(remotes.size()).isEqualTo(1);
    assertThat(remotes.get(0).path("name").stringValue()).isEqualTo("up");
    assertThat(remotes.get(0).path("url").stringValue()).isEqualTo(two);
    assertThat(shell("git -C %s remote get-url --push up".formatted(path))).isEqualTo(two + "\n");
  }

  @Test
  void refusesRemotesThatCannotBe() throws Exception {
    String path = repository();

    for (String url :
        List.of(
            "--upload-pack=touch x", "https://me:secret@host/x", "HTTP://a b", "https://a\\b")) {
      refused(post("remotes", Map.of("path", path, "name", "up", "url", url)), 400, "BAD_REQUEST");
    }
    refused(post("remotes", Map.of("path", path, "name", "-f", "url", "x")), 400, "BAD_REQUEST");
    refused(post("push", Map.of("path", path, "remote", "nobody")), 404, "GIT_REPO_NOT_FOUND");
    refused(post("pull", Map.of("path", path)), 404, "GIT_REPO_NOT_FOUND");
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

  private HttpResponse<String> delete(String path, String branch) throws Exception {
    String body = Json.text(Map.of("path", path, "name", branch));
    return send(
        "DELETE", "/git/branches", "application/json", BodyPublishers.ofString(body, UTF_8));
  }

  private HttpResponse<String> config(String query) throws Exception {
    return get("/git/config?" + query);
  }

  final JsonNode status(String path) throws Exception {
    return json(ok(get("/git/status?path=" + path), 200));
  }

  /// Staging, worktree and previous name of a file; empty when it is as it was committed.
  private static String file(JsonNode status, String name) {
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

  /// What a command prints that must succeed.
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

  /// Gives the sentence.
  static String refused(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(json(answer).path("code").stringValue()).as(answer.body()).isEqualTo(code);
    String sentence = json(answer).path("message").stringValue();
    assertThat(sentence).matches("(?s)[a-z ]+: .{5,}");
    return sentence;
  }
}
