package dev.sandlot.toolbox.code;

import dev.sandlot.toolbox.process.CommandResult;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// A program that has ended. To be closed, as its command is.
///
/// @param charts the charts it showed, in the contract's form
public record CodeResult(CommandResult command, List<Map<String, Object>> charts)
    implements Closeable {
  public CodeResult {
    charts = List.copyOf(charts);
  }

  @Override
  public void close() throws IOException {
    command.close();
  }
}
