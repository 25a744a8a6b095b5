package dev.sandlot.toolbox.call;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.function.Function;

/// Reads what most calls have in common: the sandbox, the body, a path.
public final class Calls {
  private static final Pattern OCTAL = Pattern.compile("0{0,4}[0-7]{1,4}");

  /// The Go client before 0.188 rejects fields that it does not know. It sends its version with a
  /// leading v.
  private static final Pattern STRICT_VERSION =
      Pattern.compile("v?0\\.(?:[0-9]|[1-9][0-9]|1[0-7][0-9]|18[0-7])\\..*");

  private Calls() {}

  public static RunningSandbox sandbox(Exchange exchange) {
    return exchange
        .attribute(RunningSandbox.class)
        .orElseThrow(() -> new IllegalStateException("the call has no sandbox"));
  }

  /// Counts the memory that answers of the sandbox take until this call is answered.
  public static AnswerCharge charge(Exchange exchange) {
    return exchange
        .attribute(AnswerCharge.class)
        .orElseThrow(() -> new IllegalStateException("the call has no charge"));
  }

  /// The body, which must be a JSON object; its values must be of the types of the contract.
  public static BodyReader body(Exchange exchange, ToolboxLimits limits) {
    return body(exchange, limits, ToolboxFailures::badRequest);
  }

  /// The body, where the contract has another error code for an invalid one.
  ///
  /// @param refusal creates the failure from a sentence
  public static BodyReader body(
      Exchange exchange, ToolboxLimits limits, Function<String, OperationFailure> refusal) {
    return BodyReader.of(
        exchange.bodyBytes(limits.bodyBytesMax()), BodyReader.Scalars.STRICT, refusal);
  }

  /// Checks the size of a command or a program.
  ///
  /// @return the text
  /// @throws OperationFailure 413 when it is too long
  public static String command(String text, String name, ToolboxLimits limits) {
    if (text.getBytes(StandardCharsets.UTF_8).length > limits.commandBytesMax()) {
      throw new OperationFailure(
          ErrorCode.TOO_LARGE,
          "bad request: "
              + name
              + " is larger than "
              + limits.commandBytesMax()
              + " bytes; upload it as a file and run that");
    }
    return text;
  }

  /// A required path of the query.
  ///
  /// @param name of the query's parameter
  public static String path(Exchange exchange, String name, ToolboxLimits limits) {
    String path = exchange.query(name).orElse("");
    if (path.isEmpty()) {
      throw ToolboxFailures.invalidPath(name + " is missing");
    }
    return checked(path, name, limits);
  }

  public static String checked(String path, String name, ToolboxLimits limits) {
    if (path.indexOf('\0') >= 0) {
      throw ToolboxFailures.invalidPath(name + " holds a NUL character");
    }
    if (path.getBytes(StandardCharsets.UTF_8).length > limits.pathBytesMax()) {
      throw ToolboxFailures.invalidPath(
          name + " is longer than " + limits.pathBytesMax() + " bytes");
    }
    return path;
  }

  public static boolean fromGo(Exchange exchange) {
    return exchange.header("X-Daytona-Source").filter("sdk-go"::equals).isPresent();
  }

  /// Whether the caller fails on fields that were added to the contract after its release.
  public static boolean refusesNewFields(Exchange exchange) {
    return fromGo(exchange)
        && exchange
            .header("X-Daytona-SDK-Version")
            .filter(version -> STRICT_VERSION.matcher(version).matches())
            .isPresent();
  }

  /// Permissions in octal digits; empty when they are not given.
  public static OptionalInt mode(Exchange exchange) {
    String text = exchange.query("mode").orElse("");
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!OCTAL.matcher(text).matches()) {
      throw ToolboxFailures.badRequest("mode must be octal digits such as 644 or 0755: " + text);
    }
    return OptionalInt.of(Integer.parseInt(text, 8));
  }
}
