package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import dev.sandlot.testing.Waiting;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Git calls to servers: tests/support/git_server.py, which runs in the sandbox.
abstract class GitRemotesContract extends GitRefsContract {
  private static final String PASSWORD = "open sesame/+%";
  private static final Map<String, Object> ROBOT =
      Map.of("username", "robot", "password", PASSWORD);
  private static final String PLAIN = "http://localhost:8081";
  private static final String GOOD = "https://localhost:8443";
  private static final String SELF_SIGNED = "https://localhost:8444";
  private static final String SERVER = "/tmp/server";

  @BeforeAll
  void startServers() throws Exception {
    ok(
        send(
            "POST",
            "/files/upload-v2?path=" + encoded(SERVER + "/git_server.py"),
            "application/octet-stream",
            BodyPublishers.ofFile(Path.of("../tests/support/git_server.py"))),
        200);
    String program = "python3 " + SERVER + "/git_server.py " + SERVER + "/files ";
    shell(program + "--make demo");
    shell("nohup " + program + "8081 --moved-to " + GOOD + " > /dev/null 2>&1 &");
    shell("nohup " + program + "8443 --tls good > " + SERVER + "/log 2>&1 &");
    await("test -e " + SERVER + "/files/self-signed.pem");
    shell("nohup " + program + "8444 --tls self-signed > /dev/null 2>&1 &");
    for (String url : List.of(PLAIN, GOOD, SELF_SIGNED)) {
      await("curl --silent --insecure --output /dev/null " + url + "/refused/");
    }
    ok(post("config", Map.of("key", "http.sslCAInfo", "value", SERVER + "/files/ca.pem")), 200);
  }

  // Clones.

  /// What one test stores, the next would send.
  @AfterEach
  void forgetCredentials() throws Exception {
    shell(
        "rm -f ~/.git-credentials ~/.netrc;"
            + " git config --global --name-only --get-regexp '^credential\\.' | sort -u"
            + " | while read -r key; do git config --global --unset-all \"$key\"; done");
  }

  @Test
  void clonesOneBranchWithItsHistory() throws Exception {
    String path = unique() + "/deep/-x y";

    ok(clone(PLAIN + "/open/demo.git", path, Map.of()), 200);
    JsonNode status = status(encoded(path));

    assertThat(status.path("currentBranch").stringValue()).isEqualTo("main");
    assertThat(status.path("upstream").stringValue()).isEqualTo("origin/main");
    assertThat(status.path("branchPublished").booleanValue()).isTrue();
    assertThat(json(get("/git/history?path=" + encoded(path))).size()).isEqualTo(2);
    assertThat(shell("cd '%s' && git branch -r".formatted(path))).doesNotContain("other");
  }

  @Test
  void clonesABranchACommitOrADepth() throws Exception {
    String url = PLAIN + "/open/demo.git";
    String first = shell("git -C " + SERVER + "/files/demo-work rev-parse v1").strip();
    String other = shell("git -C " + SERVER + "/files/demo-work rev-parse other").strip();

    String branch = clone(url, Map.of("branch", "other"));
    assertThat(status(branch).path("currentBranch").stringValue()).isEqualTo("other");
    for (String commit : List.of(first, first.substring(0, 8), other)) {
      String path = clone(url, Map.of("commit_id", commit));
      assertThat(status(path).path("detached").booleanValue()).isTrue();
      assertThat(shell("git -C " + path + " rev-parse HEAD")).startsWith(commit);
    }
    String shallow = clone(url, Map.of("depth", 1));
    assertThat(json(get("/git/history?path=" + shallow)).size()).isEqualTo(1);
  }

  @Test
  void explainsWhyACloneFailed() throws Exception {
    String url = PLAIN + "/open/demo.git";
    String path = unique();
    String unknown = "0123456789012345678901234567890123456789";

    refused(clone(PLAIN + "/open/none.git", path, Map.of()), 404, "GIT_REPO_NOT_FOUND");
    refused(clone(url, path, Map.of("branch", "none")), 404, "GIT_BRANCH_NOT_FOUND");
    refused(clone(url, path, Map.of("commit_id", unknown)), 404, "GIT_BRANCH_NOT_FOUND");
    refused(clone(url, path, Map.of("commit_id", "HEAD~1")), 400, "BAD_REQUEST");
    refused(clone(url, path, Map.of("depth", 0)), 400, "INVALID_REQUEST_BODY");
    refused(clone("http://localhost:9/x.git", path, Map.of()), 502, "GIT_TRANSPORT_FAILED");
    refused(clone("--upload-pack=x", path, Map.of()), 400, "BAD_REQUEST");
    refused(clone("ext::sh -c id", path, Map.of()), 400, "BAD_REQUEST");
    refused(clone(PLAIN + "/refused/demo.git", path, Map.of()), 403, "FORBIDDEN");
    assertThat(run("ls -d " + path).path("exitCode").intValue()).isNotZero();
    ok(clone(url, path, Map.of()), 200);
    refused(clone(url, path, Map.of()), 409, "CONFLICT");
    assertThat(status(path).path("currentBranch").stringValue()).isEqualTo("main");
  }

  @Test
  void endsGitWhenItsClientDisconnects() throws Exception {
    String path = unique();
    String body = Json.text(Map.of("url", PLAIN + "/endless/demo.git", "path", path));

    try (Socket socket = new Socket("127.0.0.1", port())) {
      OutputStream out = socket.getOutputStream();
      String head = "POST /git/clone HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length();
      out.write((head + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
      await("pgrep -f 'remote-http.*endless'");
    }

    await("! pgrep -f '[e]ndless/demo'");
    await("test ! -e " + path);
  }

  // Credentials.

  @Test
  void sendsACredentialToTheServerAlone() throws Exception {
    String path = unique();
    CompletableFuture<HttpResponse<String>> call =
        CompletableFuture.supplyAsync(() -> {
          try {
            return clone(PLAIN + "/slow/demo.git", path, ROBOT);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    await("pgrep -f 'remote-http.*slow'");
    String seen =
        shell("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'");

    ok(call.get(), 200);
    assertThat(seen).contains("slow/demo.git").doesNotContain("sesame");
    assertThat(shell("grep -r sesame . /tmp --exclude-dir=server || true")).isEmpty();
    assertThat(shell("git -C " + path + " remote get-url origin"))
        .isEqualTo(PLAIN + "/slow/demo.git\n");
  }

  @Test
  void removesACredentialFromTheUrl() throws Exception {
    String url = PLAIN.replace("://", "://robot:open%20sesame%2F+%25@") + "/guarded/demo.git";

    String path = clone(url, Map.of());

    assertThat(shell("cat " + path + "/.git/config")).doesNotContain("sesame", "robot");
    refused(
        clone(PLAIN.replace("://", "://a:b@c@") + "/x.git", unique(), Map.of()),
        400,
        "BAD_REQUEST");
  }

  @Test
  void refusesMissingAndWrongCredentials() throws Exception {
    String url = PLAIN + "/guarded/demo.git";
    Map<String, Object> wrong = Map.of("username", "robot", "password", "wrong-secret");

    refused(clone(url, unique(), Map.of()), 401, "GIT_AUTH_FAILED");
    String sentence = refused(clone(url, unique(), wrong), 401, "GIT_AUTH_FAILED");
    refused(clone(url, unique(), Map.of("username", "robot")), 401, "GIT_AUTH_FAILED");
    refused(
        clone(url, unique(), Map.of("username", "robot", "password", "a\nhost=b")),
        400,
        "INVALID_REQUEST_BODY");
    refused(clone("git@localhost:x.git", unique(), ROBOT), 400, "BAD_REQUEST");

    assertThat(sentence).doesNotContain("wrong-secret");
  }

  @Test
  void masksSecretsInAServersMessages() throws Exception {
    String sentence =
        refused(clone(PLAIN + "/echo/demo.git", unique(), ROBOT), 502, "GIT_TRANSPORT_FAILED");

    assertThat(sentence).contains("***").doesNotContain("sesame", "cm9ib3Q6b3BlbiBzZXNhbWUvKyU=");
  }

  @Test
  void doesNotFollowARedirectWithACredential() throws Exception {
    shell("rm -f " + SERVER + "/files/8443.journal");

    refused(clone(PLAIN + "/moved/demo.git", unique(), ROBOT), 401, "GIT_AUTH_FAILED");

    assertThat(shell("cat " + SERVER + "/files/8443.journal"))
        .contains("/guarded/demo.git")
        .doesNotContain("Basic");
  }

  @Test
  void storesACredentialOnRequest() throws Exception {
    Map<String, Object> body = new HashMap<>(ROBOT);
    body.put("protocol", "http");
    body.put("host", "localhost:8081");

    ok(post("credentials", body), 200);
    String path = clone(PLAIN + "/guarded/demo.git", Map.of());
    Map<String, Object> wrong = Map.of("username", "robot", "password", "wrong");
    refused(clone(PLAIN + "/guarded/demo.git", unique(), wrong), 401, "GIT_AUTH_FAILED");
    ok(post("pull", Map.of("path", path)), 200);

    assertThat(shell("stat -c %a ~/.git-credentials")).isEqualTo("600\n");
    assertThat(shell("git config --global --get-regexp helper"))
        .isEqualTo("credential.http://localhost:8081.helper store\n");
    body.put("host", "a b");
    refused(post("credentials", body), 400, "BAD_REQUEST");
    refused(post("credentials", Map.of("username", "x")), 400, "INVALID_REQUEST_BODY");
  }

  // TLS.

  @Test
  void verifiesCertificatesUnlessDisabled() throws Exception {
    Map<String, Object> insecure = Map.of("insecure_skip_tls", true);

    ok(clone(GOOD + "/guarded/demo.git", unique(), ROBOT), 200);
    refused(clone(SELF_SIGNED + "/open/demo.git", unique(), Map.of()), 502, "GIT_TRANSPORT_FAILED");
    String path = clone(SELF_SIGNED + "/open/demo.git", insecure);

    refused(post("pull", Map.of("path", path)), 502, "GIT_TRANSPORT_FAILED");
  }

  @Test
  void sendsNoCredentialToAnUnverifiedServer() throws Exception {
    shell("rm -f " + SERVER + "/files/8444.journal");
    String url = SELF_SIGNED + "/guarded/demo.git";
    Map<String, Object> both = new HashMap<>(ROBOT);
    both.put("insecure_skip_tls", true);
    Map<String, Object> kept = new HashMap<>(ROBOT);
    kept.put("host", "localhost:8444");

    refused(clone(url, unique(), ROBOT), 502, "GIT_TRANSPORT_FAILED");
    String sentence = refused(clone(url, unique(), both), 400, "BAD_REQUEST");
    String within = SELF_SIGNED.replace("://", "://robot:secret@") + "/guarded/demo.git";
    refused(clone(within, unique(), Map.of("insecure_skip_tls", true)), 400, "BAD_REQUEST");
    ok(post("credentials", kept), 200);
    shell("printf 'machine localhost login robot password open' > ~/.netrc");
    ok(post("config", Map.of("key", "http.sslVerify", "value", "false")), 200);
    try {
      refused(clone(url, unique(), Map.of("insecure_skip_tls", true)), 401, "GIT_AUTH_FAILED");
      refused(clone(url, unique(), ROBOT), 502, "GIT_TRANSPORT_FAILED");
    } finally {
      shell("git config --global --unset http.sslVerify");
    }

    assertThat(sentence).contains("sslCAInfo");
    assertThat(shell("cat " + SERVER + "/files/8444.journal"))
        .contains("/guarded/demo.git")
        .doesNotContain("Basic");
  }

  // Pushes and pulls.

  @Test
  void pushesTheCurrentBranch() throws Exception {
    String path = clone(project(), ROBOT);
    shell("cd %s && git checkout -qb topic".formatted(path));
    ok(commit(path, "topic", Map.of("allow_empty", true)), 200);

    refused(post("push", Map.of("path", path)), 401, "GIT_AUTH_FAILED");
    ok(transfer("push", path, Map.of("set_upstream", true)), 200);
    ok(transfer("push", path, Map.of()), 200);

    assertThat(status(path).path("upstream").stringValue()).isEqualTo("origin/topic");
    assertThat(status(path).path("ahead").intValue()).isZero();
    ok(commit(path, "more", Map.of("allow_empty", true)), 200);
    assertThat(status(path).path("ahead").intValue()).isEqualTo(1);
    refused(transfer("push", path, Map.of("branch", "none")), 404, "GIT_BRANCH_NOT_FOUND");
    refused(transfer("push", path, Map.of("branch", "a:b")), 400, "BAD_REQUEST");
    refused(transfer("push", path, Map.of("remote", "none")), 404, "GIT_REPO_NOT_FOUND");
    shell("git -C %s checkout -q --detach".formatted(path));
    refused(transfer("push", path, Map.of()), 409, "CONFLICT");
  }

  @Test
  void neverForcesAPush() throws Exception {
    String url = project();
    String mine = clone(url, ROBOT);
    String theirs = clone(url, ROBOT);
    ok(commit(theirs, "theirs", Map.of("allow_empty", true)), 200);
    ok(transfer("push", theirs, Map.of()), 200);
    ok(commit(mine, "mine", Map.of("allow_empty", true)), 200);

    String sentence = refused(transfer("push", mine, Map.of()), 409, "GIT_PUSH_REJECTED");
    refused(transfer("pull", mine, Map.of()), 409, "GIT_MERGE_CONFLICT");

    assertThat(sentence).contains("[rejected]");
  }

  @Test
  void reportsAPushThatTheServerRejected() throws Exception {
    String url = project();
    String hook = SERVER + "/files/repositories/" + url.substring(url.lastIndexOf('/') + 1);
    shell(
        "printf '#!/bin/sh\\necho main is protected >&2; exit 1' > %s/hooks/update"
            .formatted(hook));
    shell("chmod +x " + hook + "/hooks/update");
    String path = clone(url, ROBOT);
    ok(commit(path, "x", Map.of("allow_empty", true)), 200);

    String sentence = refused(transfer("push", path, Map.of()), 422, "GIT_REMOTE_REJECTED");

    assertThat(sentence).contains("main is protected");
  }

  @Test
  void pullsFastForwardOnly() throws Exception {
    String url = project();
    String mine = clone(url, ROBOT);
    String theirs = clone(url, ROBOT);
    shell("cd %s && echo theirs > README.md && git add .".formatted(theirs));
    ok(commit(theirs, "theirs", Map.of()), 200);
    ok(transfer("push", theirs, Map.of()), 200);
    shell("cd %s && echo mine > README.md".formatted(mine));

    refused(transfer("pull", mine, Map.of()), 409, "GIT_DIRTY_WORKTREE");
    shell("cd %s && git checkout -q README.md".formatted(mine));
    ok(transfer("pull", mine, Map.of()), 200);
    ok(transfer("pull", mine, Map.of("branch", "main", "remote", "origin")), 200);

    assertThat(shell("cat %s/README.md".formatted(mine))).isEqualTo("theirs\n");
    refused(transfer("pull", mine, Map.of("branch", "none")), 404, "GIT_BRANCH_NOT_FOUND");
    refused(post("pull", Map.of("path", mine)), 401, "GIT_AUTH_FAILED");
  }

  @Test
  void fetchesFromARemoteThatIsAdded() throws Exception {
    String path = repository();
    String url = PLAIN + "/open/demo.git";
    Map<String, Object> body = Map.of("path", path, "name", "origin", "url", url, "fetch", true);

    ok(post("remotes", body), 201);
    ok(post("checkout", Map.of("path", path, "branch", "other")), 200);

    assertThat(status(path).path("upstream").stringValue()).isEqualTo("origin/other");
    refused(
        post(
            "remotes",
            Map.of("path", path, "name", "gone", "url", PLAIN + "/open/x.git", "fetch", true)),
        404,
        "GIT_REPO_NOT_FOUND");
  }

  // What the tests share.

  /// The URL of a new repository.
  private String project() throws Exception {
    String name = unique();
    shell("python3 %s/git_server.py %s/files --make %s".formatted(SERVER, SERVER, name));
    return PLAIN + "/guarded/" + name + ".git";
  }

  /// Clones, which must succeed, and returns the folder.
  private String clone(String url, Map<String, Object> more) throws Exception {
    String path = unique();
    ok(clone(url, path, more), 200);
    return path;
  }

  private HttpResponse<String> clone(String url, String path, Map<String, Object> more)
      throws Exception {
    Map<String, Object> body = new HashMap<>(more);
    body.put("url", url);
    body.put("path", path);
    return post("clone", body);
  }

  private HttpResponse<String> transfer(String operation, String path, Map<String, Object> more)
      throws Exception {
    Map<String, Object> body = new HashMap<>(ROBOT);
    body.put("path", path);
    body.putAll(more);
    return post(operation, body);
  }

  private void await(String condition) throws Exception {
    Waiting.eventually(condition, () -> run(condition).path("exitCode").intValue() == 0);
  }
}
