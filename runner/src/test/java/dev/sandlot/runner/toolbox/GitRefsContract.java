package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Git calls about branches, configuration and remotes, on any engine.
abstract class GitRefsContract extends GitContract {
  // Remotes that cannot be.

  @Test
  void reportsGitsMessageForAnUnreachableRemote() throws Exception {
    for (String url : List.of("a://host/x", "a::x", "ext::true", "/etc/passwd", "no/such/folder")) {
      String path = repository();
      HttpResponse<String> cloned = post("clone", Map.of("url", url, "path", unique()));
      ok(post("remotes", Map.of("path", path, "name", "origin", "url", url)), 201);
      HttpResponse<String> pulled = post("pull", Map.of("path", path));
      HttpResponse<String> pushed = post("push", Map.of("path", path));

      for (HttpResponse<String> answer : List.of(cloned, pulled, pushed)) {
        String message = json(answer).path("message").stringValue();
        assertThat(answer.statusCode()).as("%s %s", url, message).isEqualTo(statusOf(url, message));
        assertThat(message).as(url).hasSizeGreaterThan(30);
      }
    }
    refused(
        post("clone", Map.of("url", "a://" + ":".repeat(60_000), "path", unique())),
        400,
        "BAD_REQUEST");
  }

  private static int statusOf(String url, String message) {
    return switch (url) {
      case "/etc/passwd", "no/such/folder" -> 404;
      case "ext::true" -> 400;
      // Versions of git differ in what they say of a helper that is not there.
      default ->
          message.contains("is not a git command") && !message.contains("aborted session")
              ? 422
              : 400;
    };
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
  void createsChecksOutAndDeletesBranches() throws Exception {
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
  void refusesExistingAndInvalidBranches() throws Exception {
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
  void changesNothingWhenACheckoutIsRefused() throws Exception {
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
  void reportsAConflictWithItsCode() throws Exception {
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
  void setsAndReturnsConfiguration() throws Exception {
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
  void refusesInvalidConfiguration() throws Exception {
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
  void refusesInvalidRemotes() throws Exception {
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

  private HttpResponse<String> delete(String path, String branch) throws Exception {
    String body = Json.text(Map.of("path", path, "name", branch));
    return send(
        "DELETE", "/git/branches", "application/json", BodyPublishers.ofString(body, UTF_8));
  }

  private HttpResponse<String> config(String query) throws Exception {
    return get("/git/config?" + query);
  }
}
