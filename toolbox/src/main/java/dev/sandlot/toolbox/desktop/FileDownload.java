package dev.sandlot.toolbox.desktop;

import dev.sandlot.http.Exchange;
import java.io.IOException;

/// Answers with a file of the sandbox, or the requested part of it.
@FunctionalInterface
public interface FileDownload {
  void send(Exchange exchange, String path) throws IOException;
}
