package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.process.OutputSink;
import java.io.IOException;

/// A filter that removes frames for the server from a program's output. Used by one thread.
public interface OutputCapture extends OutputSink {
  /// To be called when the program has ended: writes output that was held back.
  void end() throws IOException;
}
