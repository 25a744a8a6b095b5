package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Hundreds of random lives with lost answers, doubled jobs, crashing and silent runners. Whatever
/// happened, when all goes well again the control plane and its runners agree, and nothing is left.
///
/// `SANDLOT_SIMULATOR_SEED` tells one story again, `SANDLOT_SIMULATOR_LIVES` sets how many
/// sandboxes are asked for, `SANDLOT_SIMULATOR_SECONDS` for how long at most.
class SimulatorIT {
  @Test
  void convergesWhateverHappened() {
    long seed = setting("SEED").orElseGet(() -> new SecureRandom().nextLong());
    long lives = setting("LIVES").orElse(400L);
    long end = System.nanoTime() + Duration.ofSeconds(setting("SECONDS").orElse(45L)).toNanos();
    Simulation simulation = new Simulation(seed);
    try (simulation) {
      while (simulation.made() < lives && System.nanoTime() < end) {
        simulation.step();
      }
      simulation.converge();
      simulation.deleteAll();
      assertThat(simulation.made()).isPositive();
      System.out.println(simulation.made() + " lives with the seed " + seed + " converged");
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "SANDLOT_SIMULATOR_SEED="
              + seed
              + " fails after "
              + simulation.made()
              + " lives: "
              + e.getMessage()
              + "\n"
              + simulation.story(),
          e);
    }
  }

  private static Optional<Long> setting(String name) {
    return Optional.ofNullable(System.getenv("SANDLOT_SIMULATOR_" + name)).map(Long::valueOf);
  }
}
