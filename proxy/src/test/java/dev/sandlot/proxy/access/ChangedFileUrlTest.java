package dev.sandlot.proxy.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.SigningKey;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Signed URLs of files that somebody has changed.
class ChangedFileUrlTest {
  private static final String FILE = "/home/daytona/na\u00efve+%26 \u6587\u4ef6?#&=.txt";
  private static final long LATER = Instant.now().getEpochSecond() + 3_600;

  private final SigningKey key = SigningKey.random();

  /// Whatever is done to a good URL, it opens the same file or nothing.
  @Test
  void opensNothingElseHoweverItIsChanged() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String good =
        "/files/download?path="
            + URLEncoder.encode(FILE, UTF_8)
            + "&expires="
            + LATER
            + "&signature="
            + key.sign("GET", FILE, LATER);
    for (int round = 0; round < 2_000; round++) {
      String changed = changed(good, random);
      int mark = changed.indexOf('?');
      if (mark < 0) {
        continue;
      }
      SignedFileUrl.read("GET", changed.substring(0, mark), changed.substring(mark + 1))
          .filter(url -> url.signedWith(key))
          .ifPresent(url ->
              assertThat(url)
                  .as("seed %d: %s", seed, changed)
                  .isEqualTo(new SignedFileUrl("GET", FILE, LATER, key.sign("GET", FILE, LATER))));
    }
  }

  private static String changed(String text, Random random) {
    String alphabet = "&=%+;?/.#[]-_ 0123456789abcdefABCDEFvpathexpiressignature";
    StringBuilder out = new StringBuilder(text);
    for (int edit = random.nextInt(3); edit >= 0; edit--) {
      int at = random.nextInt(out.length());
      char letter = alphabet.charAt(random.nextInt(alphabet.length()));
      switch (random.nextInt(4)) {
        case 0 -> out.insert(at, letter);
        case 1 -> out.deleteCharAt(at);
        case 2 -> out.setCharAt(at, letter);
        default -> out.insert(at, out.substring(at, at + random.nextInt(out.length() - at)));
      }
    }
    return out.toString();
  }
}
