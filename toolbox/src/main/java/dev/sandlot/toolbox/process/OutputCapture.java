package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.process.OutputSink;
import java.io.IOException;

/// Stands between a program and where its output is kept, and takes out what is not meant for
/// people. Used by one thread.
public interface OutputCapture extends OutputSink {
  /// The program has ended: passes on what was held back.
  void end() throws IOException;
}
