package dev.sandlot.toolbox.call;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import java.util.Optional;

/// The version of the client that calls; older ones expect other shapes
/// (docs/contract/transport.md).
public sealed interface ClientVersion {
  /// The header that carries it.
  String HEADER = "X-Daytona-SDK-Version";

  /// The client sends no version.
  record Unstated() implements ClientVersion {}

  /// The client sends something that is no version, as one does that cannot find its own.
  record Unreadable() implements ClientVersion {}

  /// A release.
  record Release(int major, int minor) implements ClientVersion {}

  /// Built from a checkout: newer than every release.
  record Development() implements ClientVersion {}

  /// Reads the header of an exchange.
  static ClientVersion of(Exchange exchange) {
    return of(exchange.header(HEADER));
  }

  static ClientVersion of(Optional<String> stated) {
    if (stated.isEmpty() || stated.get().isBlank()) {
      return new Unstated();
    }
    if (stated.get().contains("dev")) {
      return new Development();
    }
    Matcher version = Form.RELEASE.matcher(stated.get().strip());
    return version.matches()
        ? new Release(Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)))
        : new Unreadable();
  }

  /// Whether it is a release before 0.`minor`.
  default boolean before(int minor) {
    return this instanceof Release(int major, int own) && major == 0 && own < minor;
  }

  /// Whether it is 0.`minor` or later; false when the version is missing or unreadable.
  default boolean since(int minor) {
    return switch (this) {
      case Development() -> true;
      case Release _ -> !before(minor);
      case Unstated(), Unreadable() -> false;
    };
  }

  /// The syntax of a version; clients of some languages put a "v" before it.
  final class Form {
    private static final Pattern RELEASE =
        Pattern.compile("v?([0-9]{1,6})\\.([0-9]{1,6})(?:\\.[0-9]{1,6})?(?:[-+.a-z].*)?");

    private Form() {}
  }
}
