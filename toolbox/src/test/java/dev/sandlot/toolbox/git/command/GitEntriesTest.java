package dev.sandlot.toolbox.git.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AnswerBudget;
import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.NulSeparated;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GitEntriesTest {
  private final AnswerBudget.Share answers = AnswerBudget.ofHeap().share();
  private final AtomicInteger made = new AtomicInteger();

  @Test
  void refusesEntriesBeyondTheLimitBeforeParsing() {
    try (AnswerCharge charge = answers.open()) {
      assertThatThrownBy(() -> feed(charge, "? a\0", 800_000))
          .isInstanceOf(OperationFailure.class)
          .hasMessageContaining("more than 100000 files");
    }
    assertThat(made).hasValue(100_000);
  }

  @Test
  void sharesABudgetAmongAllCallsOfASandbox() {
    List<AnswerCharge> calls = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              while (calls.size() < 100) {
                AnswerCharge charge = answers.open();
                calls.add(charge);
                feed(charge, "? a\0", 50_000);
              }
            })
        .isInstanceOfSatisfying(
            AgentFailure.class,
            failure -> assertThat(failure.kind()).isEqualTo(AgentFailure.Kind.TOO_LARGE));
    assertThat(calls).hasSizeGreaterThan(1);
    calls.forEach(AnswerCharge::close);
    try (AnswerCharge charge = answers.open()) {
      feed(charge, "? a\0", 50_000); // all was given back
    }
  }

  private void feed(AnswerCharge charge, String entry, int count) {
    GitEntries entries =
        new GitEntries(GitLimits.STANDARD, "files", charge, _ -> made.incrementAndGet());
    NulSeparated sink = new NulSeparated(GitLimits.STANDARD.entryBytesMax(), entries::take);
    byte[] piece = entry.repeat(1_000).getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < count / 1_000; round++) {
      sink.write(ByteBuffer.wrap(piece));
    }
  }
}
