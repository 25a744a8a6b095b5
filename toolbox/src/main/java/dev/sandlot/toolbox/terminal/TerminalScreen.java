package dev.sandlot.toolbox.terminal;

import java.io.IOException;
import java.util.Optional;

/// The client's end of a terminal, such as a WebSocket or an SSH channel. Called by two threads:
/// one calls {@link #readInput}, the other all other methods.
public interface TerminalScreen {
  /// Sends output to the viewer.
  ///
  /// @throws IOException when the viewer has disconnected
  void show(byte[] bytes, int offset, int length) throws IOException;

  /// The next input of the viewer; blocks. Empty once the viewer has disconnected or the screen was
  /// closed.
  Optional<byte[]> readInput() throws InterruptedException;

  /// Whether the viewer has disconnected.
  boolean disconnected();

  /// Runs an action once the viewer has disconnected.
  void whenDisconnected(Runnable action);

  /// Reports that the terminal has ended, and closes the screen.
  void ended(TerminalEnd end) throws IOException;

  /// Reports that the viewer was too slow, so that output was dropped, and closes the screen.
  void tooSlow();

  /// Reports that the sandbox has ended or cannot be reached, and closes the screen.
  ///
  /// @param sentence why
  void failed(String sentence);
}
