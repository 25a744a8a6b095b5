package dev.sandlot.controlplane.platform;

import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;

/// How the control API reads a body: scalars are coerced, "10" counts as 10 (control-api.md §1.1),
/// and whatever does not fit is a 400 that names the field.
public final class RequestBody {
  private static final int BYTES_MAX = 1 << 20;

  private RequestBody() {}

  /// The body, at most 1 MiB of it; none counts as `{}`.
  ///
  /// @throws HttpFailure 413 when it is larger
  public static BodyReader of(Exchange exchange) {
    return BodyReader.of(
        exchange.bodyBytes(BYTES_MAX), BodyReader.Scalars.COERCED, HttpFailure::badRequest);
  }

  /// An object of one field, whose value is this JSON text.
  ///
  /// @throws HttpFailure 400, naming the field, when the text is no JSON
  public static BodyReader holding(String field, String json) {
    return BodyReader.holding(field, json, HttpFailure::badRequest);
  }
}
