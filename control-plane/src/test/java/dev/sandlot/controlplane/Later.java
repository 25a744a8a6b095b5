package dev.sandlot.controlplane;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/// What is asked now and answered later.
final class Later<T> {
  private static final int LONGEST_SECONDS = 40;

  private final FutureTask<T> task;

  private Later(FutureTask<T> task) {
    this.task = task;
  }

  static <T> Later<T> ask(Supplier<T> question) {
    FutureTask<T> task = new FutureTask<>(question::get);
    Thread.ofVirtual().start(task);
    return new Later<>(task);
  }

  /// Asks all at the same moment, and waits for all answers.
  static <T> List<T> atOnce(List<Supplier<T>> questions) {
    CountDownLatch gate = new CountDownLatch(questions.size());
    List<Later<T>> asked = new ArrayList<>();
    for (Supplier<T> question : questions) {
      asked.add(
          ask(() -> {
            gate.countDown();
            await(gate);
            return question.get();
          }));
    }
    return asked.stream().map(Later::answer).toList();
  }

  private static void await(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  boolean answered() {
    return task.isDone();
  }

  T answer() {
    try {
      return task.get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("there was no answer", e);
    }
  }
}
