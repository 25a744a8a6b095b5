package dev.sandlot.toolbox.terminal;

import java.io.IOException;
import java.util.Optional;

/// Where a terminal is shown and typed into: a WebSocket, a channel of SSH. Its methods are called
/// by two threads, {@link #typed} by one and the others by the other.
public interface TerminalScreen {
  /// Shows output, as the terminal's programs wrote it.
  ///
  /// @throws IOException when whoever looks has left
  void show(byte[] bytes, int offset, int length) throws IOException;

  /// What is typed next; blocks, and is empty once whoever looks has left or the screen was closed.
  Optional<byte[]> typed() throws InterruptedException;

  /// Whether whoever looks has left.
  boolean left();

  /// Runs this once whoever looks has left.
  void whenLeft(Runnable action);

  /// The terminal has ended. Closes the screen.
  void ended(TerminalEnd end) throws IOException;

  /// Whoever looks is so far behind that output was dropped before it was shown. Closes the screen.
  void tooSlow();

  /// The sandbox has ended, or cannot be reached. Closes the screen.
  ///
  /// @param sentence why
  void failed(String sentence);
}
