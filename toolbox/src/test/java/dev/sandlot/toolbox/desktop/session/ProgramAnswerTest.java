package dev.sandlot.toolbox.desktop.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.model.OperationFailure;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Finds an answer in the untrusted output of the desktop program.
class ProgramAnswerTest {
  private static final int BYTES_MAX = 100;

  private final Deque<OutputPiece> pieces = new ArrayDeque<>();
  private long offset = 7;

  private void write(String text) {
    ByteBuffer data = ByteBuffer.wrap(text.getBytes(UTF_8));
    pieces.add(new OutputPiece(false, offset, data));
    offset += data.remaining();
  }

  private Optional<JsonNode> answer() throws Exception {
    return new ProgramAnswer(() -> Optional.ofNullable(pieces.poll()), "me", BYTES_MAX).await();
  }

  @Test
  void findsItsAnswerAmongOtherOutput() throws Exception {
    write("est of another\"}\n{\"id\":\"you\",\"result\":1}\n[]\nnull\n{\"id\":\"m");
    write("e\",\"result\":2}");
    write("\n{\"id\":\"me\",\"result\":3}\n");

    assertThat(answer().orElseThrow().path("result").intValue()).isEqualTo(2);
  }

  @Test
  void returnsNoneWhenTheProgramEnds() throws Exception {
    write("{\"id\":\"me\",\"result\":2}");

    assertThat(answer()).isEmpty();
  }

  @Test
  void refusesALineWithoutEnd() {
    for (int count = 0; count < 20; count++) {
      write("xxxxxxxxxx");
    }

    assertThatThrownBy(this::answer)
        .isInstanceOf(OperationFailure.class)
        .hasMessageContaining("more than 100 bytes");
  }

  @Test
  void noticesThatItsAnswerWasDropped() {
    write("{\"id\":\"me\",");
    offset += 1_000;
    write("\"result\":2}\n");

    assertThatThrownBy(this::answer).isInstanceOf(OperationFailure.class);
  }
}
