package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Tests of Git calls that need a real sandbox.
abstract class GitSandboxContract extends GitRemotesContract {
  @Test
  void doesNotSearchTheFoldersAboveForARepository() throws Exception {
    String path = repository();
    shell("mkdir " + path + "/below");

    refused(get("/git/status?path=" + path + "/below"), 404, "GIT_REPO_NOT_FOUND");
    refused(get("/git/status?path=/home/daytona/" + path + "/below"), 404, "GIT_REPO_NOT_FOUND");
    ok(get("/git/status?path=/home/daytona/" + path), 200);
    ok(get("/git/status?path=" + path + "/below/.."), 200);
  }

  @Test
  void servesAFolderOfAnyName() throws Exception {
    String path = unique() + "/na\u00efve \u6587\u4ef6 -x";
    ok(post("init", Map.of("path", path)), 201);

    ok(get("/git/status?path=" + encoded(path)), 200);
  }

  @Test
  void reportsAFolderWithoutPermission() throws Exception {
    shell("sudo mkdir -m 700 closed");

    refused(get("/git/status?path=closed"), 403, "FILE_ACCESS_DENIED");
  }

  @Test
  void reportsMissingPermissionForTheSystemConfiguration() throws Exception {
    refused(
        post("config", Map.of("key", "a.b", "value", "x", "scope", "system")),
        403,
        "FILE_ACCESS_DENIED");
  }

  @Test
  void servesARepositoryOfAnotherUser() throws Exception {
    shell("git init -q -b main others && sudo chown -R root:root others");

    ok(get("/git/status?path=others"), 200);
    refused(
        post("add", Map.of("path", "others", "files", List.of("."))), 403, "FILE_ACCESS_DENIED");
  }

  @Test
  void explainsWhenGitIsNotInstalled() throws Exception {
    String path = repository();
    String program = shell("readlink -f $(command -v git)").strip();
    shell("sudo mv " + program + " " + program + ".away");
    try {
      String sentence = refused(get("/git/status?path=" + path), 422, "UNPROCESSABLE_ENTITY");

      assertThat(sentence).contains("installed");
    } finally {
      shell("sudo mv " + program + ".away " + program);
    }
  }
}
