package dev.sandlot.toolbox.git;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The output of `git status --porcelain=v2 -z --branch`.
///
/// @param branch empty when none is checked out
public record WorktreeStatus(
    Optional<String> branch,
    Optional<String> upstream,
    int ahead,
    int behind,
    List<Change> changes) {
  /// Fields that the contract's `GitStatus` has since 0.194.
  static final Set<String> NEW_FIELDS = Set.of("detached", "upstream");

  private static final Pattern DISTANCE = Pattern.compile("\\+([0-9]{1,9}) -([0-9]{1,9})");
  private static final String DETACHED = "(detached)";

  private static final int STATES_END = 4;

  /// Fields of a line before its path, see git-status(1).
  private static final int FIELDS_BEFORE_CHANGED = 8;

  private static final int FIELDS_BEFORE_RENAMED = 9;
  private static final int FIELDS_BEFORE_UNMERGED = 10;

  /// A file that differs from the commit, or is not in it.
  ///
  /// @param previousName of a renamed or copied one, else empty
  record Change(String name, String previousName, State staging, State worktree) {}

  /// A file's state, with its name in the contract.
  enum State {
    UNMODIFIED("Unmodified"),
    UNTRACKED("Untracked"),
    MODIFIED("Modified"),
    ADDED("Added"),
    DELETED("Deleted"),
    RENAMED("Renamed"),
    COPIED("Copied"),
    UNMERGED("Updated but unmerged");

    private final String wireName;

    State(String wireName) {
      this.wireName = wireName;
    }

    private static State of(char letter) {
      return switch (letter) {
        case '.' -> UNMODIFIED;
        case 'A' -> ADDED;
        case 'D' -> DELETED;
        case 'R' -> RENAMED;
        case 'C' -> COPIED;
        case 'U' -> UNMERGED;
        default -> MODIFIED; // M, or T: its type has changed
      };
    }
  }

  /// Parses the output entry by entry. Used by one thread.
  public static final class Reader {
    private Optional<String> branch = Optional.empty();
    private Optional<String> upstream = Optional.empty();
    private int ahead;
    private int behind;
    private final List<Change> changes = new ArrayList<>();
    private Optional<String> renamed = Optional.empty();

    /// @param entry the text before the next NUL
    /// @throws IllegalArgumentException when it is malformed
    public void take(String entry) {
      if (renamed.isPresent()) {
        changes.add(changed(renamed.get(), FIELDS_BEFORE_RENAMED, entry));
        renamed = Optional.empty();
      } else if (entry.startsWith("# ")) {
        header(entry);
      } else if (entry.startsWith("2 ")) {
        renamed = Optional.of(entry);
      } else if (!entry.isEmpty() && !entry.startsWith("#")) {
        changes.add(change(entry));
      }
    }

    private void header(String line) {
      if (line.startsWith("# branch.head ")) {
        String head = after(line, 2);
        branch = head.equals(DETACHED) ? Optional.empty() : Optional.of(head);
      } else if (line.startsWith("# branch.upstream ")) {
        upstream = Optional.of(after(line, 2));
      } else if (line.startsWith("# branch.ab ")) {
        Matcher distance = DISTANCE.matcher(after(line, 2));
        if (distance.matches()) {
          ahead = Integer.parseInt(distance.group(1));
          behind = Integer.parseInt(distance.group(2));
        }
      }
    }

    /// The status, after the last entry.
    ///
    /// @throws IllegalArgumentException when the old name of a renamed file is missing
    public WorktreeStatus status() {
      if (renamed.isPresent()) {
        throw new IllegalArgumentException("git status wrote a line without its second name");
      }
      return new WorktreeStatus(branch, upstream, ahead, behind, List.copyOf(changes));
    }
  }

  private static Change change(String line) {
    return switch (line.charAt(0)) {
      case '1' -> changed(line, FIELDS_BEFORE_CHANGED, "");
      case 'u' ->
          new Change(after(line, FIELDS_BEFORE_UNMERGED), "", State.UNMERGED, State.UNMERGED);
      case '?' -> new Change(after(line, 1), "", State.UNTRACKED, State.UNTRACKED);
      default -> throw new IllegalArgumentException("git status wrote a line of an unknown kind");
    };
  }

  private static Change changed(String line, int fieldsBefore, String previousName) {
    String path = after(line, fieldsBefore);
    if (line.length() < STATES_END) {
      throw new IllegalArgumentException("git status wrote a line that is too short");
    }
    return new Change(path, previousName, State.of(line.charAt(2)), State.of(line.charAt(3)));
  }

  /// The rest of a line after its first fields, which are separated by blanks.
  private static String after(String line, int fields) {
    int begin = 0;
    for (int field = 0; field < fields; field++) {
      begin = line.indexOf(' ', begin) + 1;
      if (begin == 0) {
        throw new IllegalArgumentException("git status wrote a line that is too short");
      }
    }
    return line.substring(begin);
  }

  /// The contract's `GitStatus`.
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("currentBranch", branch.orElse("HEAD"));
    json.put("detached", branch.isEmpty());
    json.put("branchPublished", upstream.isPresent());
    upstream.ifPresent(name -> json.put("upstream", name));
    json.put("ahead", ahead);
    json.put("behind", behind);
    json.put("fileStatus", changes.stream().map(WorktreeStatus::json).toList());
    return json;
  }

  private static Map<String, Object> json(Change change) {
    return Map.of(
        "name", change.name,
        "extra", change.previousName,
        "staging", change.staging.wireName,
        "worktree", change.worktree.wireName);
  }
}
