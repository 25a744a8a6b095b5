package dev.sandlot.toolbox.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.toolbox.git.WorktreeStatus.Change;
import dev.sandlot.toolbox.git.WorktreeStatus.State;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WorktreeStatusTest {
  private static final String HASHES = " N... 100644 100644 100644 aaaa bbbb ";

  @Test
  void readsBranchDistanceAndFiles() {
    WorktreeStatus status =
        parse(
            "# branch.oid abc\0# branch.head main\0# branch.upstream origin/main\0"
                + "# branch.ab +2 -13\0# stash 4\0"
                + "1 .M"
                + HASHES
                + "a b\n\0"
                + "2 R."
                + HASHES
                + "R100 new\0old\0"
                + "u UU N... 1 2 3 4 a b c both\0? # odd\0");

    assertThat(status.branch()).contains("main");
    assertThat(status.upstream()).contains("origin/main");
    assertThat(status.ahead()).isEqualTo(2);
    assertThat(status.behind()).isEqualTo(13);
    assertThat(status.changes())
        .containsExactly(
            new Change("a b\n", "", State.UNMODIFIED, State.MODIFIED),
            new Change("new", "old", State.RENAMED, State.UNMODIFIED),
            new Change("both", "", State.UNMERGED, State.UNMERGED),
            new Change("# odd", "", State.UNTRACKED, State.UNTRACKED));
  }

  @Test
  void refusesMalformedLines() {
    for (String odd : List.of("1", "1 .M N...", "x what", "?", "2 R.\0", "u \0", "1  \0")) {
      assertThatThrownBy(() -> parse(odd)).as(odd).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(parse("").changes()).isEmpty();
    assertThat(parse("# branch.ab +99999999999 -x\0").ahead()).isZero();
  }

  @Test
  void parsesOrRefusesAnyOutput() {
    Random random = new Random(7);
    String letters = "12u?# .MADRCU\0\n+-0abranch.headupstreamab ";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder output = new StringBuilder();
      for (int length = random.nextInt(60); length > 0; length--) {
        output.append(letters.charAt(random.nextInt(letters.length())));
      }
      try {
        assertThat(parse(output.toString()).json()).containsKey("fileStatus");
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageContaining("git status wrote");
      }
    }
  }

  private static WorktreeStatus parse(String output) {
    WorktreeStatus.Reader reader = new WorktreeStatus.Reader();
    for (String entry : output.split("\0", -1)) {
      reader.take(entry);
    }
    return reader.status();
  }
}
