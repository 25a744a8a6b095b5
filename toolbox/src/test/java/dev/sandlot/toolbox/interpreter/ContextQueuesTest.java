package dev.sandlot.toolbox.interpreter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.SandboxId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class ContextQueuesTest {
  private final ContextQueues queues = new ContextQueues(2);
  private final SandboxId sandbox = SandboxId.random();

  private ContextQueues.Place join() {
    return queues.join(sandbox, "a").orElseThrow();
  }

  @Test
  void grantsInOrderAndSkipsCancelledPlaces() throws InterruptedException {
    List<Integer> order = new CopyOnWriteArrayList<>();
    ContextQueues.Place first = join();
    assertThat(first.await()).isTrue();
    ContextQueues.Place second = join();
    ContextQueues.Place third = join();
    Thread waiter =
        Thread.ofVirtual()
            .start(() -> {
              order.add(third.await() ? 3 : -3);
            });
    second.cancel();
    assertThat(second.await()).isFalse();
    order.add(1);
    first.leave();
    waiter.join();

    assertThat(order).containsExactly(1, 3);
    third.cancel();
    third.leave();
    assertThat(join().await()).isTrue();
  }

  @Test
  void limitsEachContextsQueueSeparately() {
    join();
    join();
    join();

    assertThat(queues.join(sandbox, "a")).isEmpty();
    assertThat(queues.join(sandbox, "b")).isPresent();
    assertThat(queues.join(SandboxId.random(), "a")).isPresent();
  }
}
