package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import dev.sandlot.toolbox.call.PlainText;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.git.command.GitLimits;

/// Checks names of branches, remotes and revisions from callers. They become arguments of git, so
/// none may look like an option.
final class RefNames {
  private static final Pattern FORBIDDEN = Pattern.compile("[[:cntrl:] ~^:?*\\[\\\\]|\\.\\.|@\\{");
  private static final Pattern REMOTE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/-]*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-fA-F]{4,64}");

  private RefNames() {}

  /// Checks a branch's name by git's rules (git-check-ref-format).
  static String branch(String name, String field) {
    checkLength(name, field);
    boolean wrong =
        name.startsWith("-")
            || name.endsWith(".")
            || name.equals("@")
            || name.equals("HEAD")
            || FORBIDDEN.matcher(name).find();
    for (String part : name.split("/", -1)) {
      wrong |= part.isEmpty() || part.startsWith(".") || part.endsWith(".lock");
    }
    if (wrong) {
      throw ToolboxFailures.badRequest(
          field + " is not a name that git allows for a branch: " + printable(name));
    }
    return name;
  }

  /// Checks a revision, such as `main`, `v1.0`, `HEAD~2` or a hash.
  static String revision(String text, String field) {
    checkLength(text, field);
    if (text.startsWith("-") || PlainText.holdsControls(text)) {
      throw ToolboxFailures.badRequest(
          field + " must name a branch, tag or commit: " + printable(text));
    }
    return text;
  }

  static String commit(String text, String field) {
    if (!COMMIT.matcher(text).matches()) {
      throw ToolboxFailures.badRequest(
          field + " must be the hash of a commit, 4 to 64 hexadecimal digits: " + printable(text));
    }
    return text;
  }

  static String remote(String name, String field) {
    checkLength(name, field);
    if (!REMOTE.matcher(name).matches()
        || name.contains("..")
        || name.contains("//")
        || name.endsWith("/")
        || name.endsWith(".")) {
      throw ToolboxFailures.badRequest(
          field
              + " must be the name of a remote: letters, digits, hyphens, dots, slashes and"
              + " underscores: "
              + printable(name));
    }
    return name;
  }

  private static void checkLength(String name, String field) {
    int max = GitLimits.STANDARD.nameBytesMax();
    if (name.getBytes(UTF_8).length > max) {
      throw ToolboxFailures.badRequest(field + " is longer than " + max + " bytes");
    }
  }

  private static String printable(String name) {
    String cut = name.length() > 100 ? name.substring(0, 100) + "…" : name;
    return PlainText.withoutControls(cut);
  }
}
