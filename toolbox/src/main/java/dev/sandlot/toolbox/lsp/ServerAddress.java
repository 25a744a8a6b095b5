package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.model.SandboxId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/// Identifies a language server.
///
/// @param project absolute and normalised path
record ServerAddress(SandboxId sandbox, Language language, String project) {
  private static final String KIND = "sandlot.kind";
  private static final String KIND_VALUE = "language-server";
  private static final String LANGUAGE = "sandlot.language";
  private static final String PROJECT = "sandlot.project";
  private static final int ID_DIGITS = 32;

  /// The label of all language servers.
  static Map<String, String> label() {
    return Map.of(KIND, KIND_VALUE);
  }

  /// The agent's id of its process. It is derived from the address, so that the process is found
  /// again and there is no second one.
  String processId() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((language.id() + ":" + project).getBytes(StandardCharsets.UTF_8));
      return KIND_VALUE + ":" + HexFormat.of().formatHex(hash).substring(0, ID_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  ProcessStart process() {
    return ProcessStart.of(processId(), language.command())
        .platform()
        .keepInputOpen()
        .label(KIND, KIND_VALUE)
        .label(LANGUAGE, language.id())
        .label(PROJECT, project);
  }
}
