package dev.sandlot.runner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CpuMeterTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void tellsTheShareOfTheLimitSinceTheCallBefore() {
    CpuMeter meter = new CpuMeter(2_000, 0);

    assertThat(meter.percent(Duration.ofSeconds(1), SECOND)).isEqualTo(50);
    assertThat(meter.percent(Duration.ofSeconds(1), 2 * SECOND)).isZero();
    assertThat(meter.percent(Duration.ofSeconds(9), 3 * SECOND)).isEqualTo(100);
  }

  @Test
  void repeatsItselfWithinAShortWindow() {
    CpuMeter meter = new CpuMeter(1_000, 0);
    meter.percent(Duration.ofMillis(500), SECOND);

    assertThat(meter.percent(Duration.ofMillis(900), SECOND + 1)).isEqualTo(50);
  }
}
