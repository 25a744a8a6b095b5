package dev.sandlot.toolbox.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CpuMeterTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void returnsTheShareOfTheLimitSinceTheLastCall() {
    CpuMeter meter = new CpuMeter(2_000);

    assertThat(meter.percent(Duration.ofSeconds(3_600), 0)).isZero();
    assertThat(meter.percent(Duration.ofSeconds(3_601), SECOND)).isEqualTo(50);
    assertThat(meter.percent(Duration.ofSeconds(3_601), 2 * SECOND)).isZero();
    assertThat(meter.percent(Duration.ofSeconds(3_609), 3 * SECOND)).isEqualTo(100);
  }

  @Test
  void countsFromTheStartOfAFreshSandbox() {
    assertThat(new CpuMeter(2_000, 0).percent(Duration.ofSeconds(1), SECOND)).isEqualTo(50);
  }

  @Test
  void repeatsTheValueWithinAShortWindow() {
    CpuMeter meter = new CpuMeter(1_000, 0);
    meter.percent(Duration.ofMillis(500), SECOND);

    assertThat(meter.percent(Duration.ofMillis(900), SECOND + 1)).isEqualTo(50);
  }
}
