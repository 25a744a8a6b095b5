package dev.sandlot.toolbox.interpreter;

import dev.sandlot.http.BodyReader;
import dev.sandlot.http.websocket.WebSocket;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Variables;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/// The request in a client's first message.
///
/// @param timeout zero for none
record ExecutionRequest(
    String code, String contextId, Map<String, String> environment, Duration timeout) {

  /// The message is invalid; the connection is closed with this code and sentence.
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final int closeCode;

    Refused(int closeCode, String sentence) {
      super(sentence);
      this.closeCode = closeCode;
    }

    int closeCode() {
      return closeCode;
    }

    String sentence() {
      return String.valueOf(getMessage());
    }
  }

  static ExecutionRequest of(byte[] message, InterpreterLimits limits) throws Refused {
    if (message.length == 0) {
      throw new Refused(WebSocket.PROTOCOL_ERROR, "the first message must be a JSON object");
    }
    BodyReader body;
    try {
      body = BodyReader.of(message, BodyReader.Scalars.STRICT, OperationFailure::badRequest);
    } catch (OperationFailure failure) {
      throw new Refused(WebSocket.PROTOCOL_ERROR, failure.sentence());
    }
    try {
      return read(body, limits);
    } catch (OperationFailure failure) {
      throw new Refused(WebSocket.POLICY, failure.sentence());
    }
  }

  private static ExecutionRequest read(BodyReader body, InterpreterLimits limits) {
    String code = body.requiredRawText("code");
    if (code.getBytes(StandardCharsets.UTF_8).length > limits.codeBytesMax()) {
      throw body.refused(
          "code", "is larger than " + limits.codeBytesMax() + " bytes; upload it as a file");
    }
    return new ExecutionRequest(
        code,
        body.rawText("contextId").filter(id -> !id.isEmpty()).orElse(Context.BUILT_IN),
        Variables.read(body, "envs"),
        body.seconds("timeout").orElse(limits.timeoutDefault()));
  }

  /// Leaves out what may be secret.
  @Override
  public String toString() {
    return "ExecutionRequest[contextId=" + contextId + ", timeout=" + timeout + "]";
  }
}
