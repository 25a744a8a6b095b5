package dev.sandlot.controlplane.operation;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.Operation;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// Writes down who did what to which thing, and how it ended: a line of the log for each call of an
/// audited operation. Nothing that callers write gets into it but ids that were found. Thread-safe.
public final class AuditLog {
  private static final Logger LOGGER = LoggerFactory.getLogger(AuditLog.class);

  /// Serves a call that was let in.
  public void served(Operation<Rules> operation, Caller caller, Exchange exchange)
      throws Exception {
    Audit audit = operation.rules().audit().orElse(null);
    if (audit == null) {
      operation.endpoint().serve(exchange);
      return;
    }
    String outcome = ErrorCode.INTERNAL_SERVER_ERROR.name();
    try {
      operation.endpoint().serve(exchange);
      outcome = "done";
    } catch (OperationFailure failure) {
      outcome = failure.errorCode().name();
      throw failure;
    } finally {
      write(operation.id(), audit, caller, exchange, outcome);
    }
  }

  private static void write(
      String operation, Audit audit, Caller caller, Exchange exchange, String outcome) {
    LoggingEventBuilder line =
        LOGGER
            .atInfo()
            .addKeyValue("operation", operation)
            .addKeyValue("action", audit.action())
            .addKeyValue("target", audit.target())
            .addKeyValue("outcome", outcome);
    Optional<Named> named = exchange.attribute(Named.class);
    if (named.isPresent()) {
      line = line.addKeyValue("id", named.get().id());
    }
    if (caller instanceof Caller.KeyHolder holder) {
      line =
          line.addKeyValue("organization", holder.organization())
              .addKeyValue("user", holder.user());
    }
    line.log("audit");
  }
}
