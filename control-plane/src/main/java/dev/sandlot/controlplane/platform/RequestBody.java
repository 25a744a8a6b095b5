package dev.sandlot.controlplane.platform;

import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.OperationFailure;

/// How the control API reads a body: scalars are coerced, "10" counts as 10
/// (docs/contract/transport.md#requests), and whatever does not fit is a 400 that names the field.
public final class RequestBody {
  private static final int BYTES_MAX = 1 << 20;

  private RequestBody() {}

  /// The body, at most 1 MiB of it; none counts as `{}`.
  ///
  /// @throws OperationFailure 413 when it is larger
  public static BodyReader of(Exchange exchange) {
    return BodyReader.of(
        exchange.bodyBytes(BYTES_MAX), BodyReader.Scalars.COERCED, OperationFailure::badRequest);
  }

  /// An object of one field, whose value is this JSON text.
  ///
  /// @throws OperationFailure BAD_REQUEST, naming the field, when the text is no JSON
  public static BodyReader holding(String field, String json) {
    return BodyReader.holding(field, json, OperationFailure::badRequest);
  }
}
