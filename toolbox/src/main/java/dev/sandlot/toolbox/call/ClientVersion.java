package dev.sandlot.toolbox.call;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import java.util.Optional;

/// Which generation of a client asks: older ones want other shapes (docs/contract/transport.md).
public sealed interface ClientVersion {
  /// How clients tell it.
  String HEADER = "X-Daytona-SDK-Version";

  /// It says nothing.
  record Unstated() implements ClientVersion {}

  /// It says something that is no version, as a client does that cannot find its own.
  record Unreadable() implements ClientVersion {}

  /// A release.
  record Release(int major, int minor) implements ClientVersion {}

  /// Built from a checkout: newer than every release.
  record Development() implements ClientVersion {}

  /// As an exchange's header tells.
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

  /// Whether it is 0.`minor` or later; one that does not say, or not readably, is not.
  default boolean since(int minor) {
    return switch (this) {
      case Development() -> true;
      case Release _ -> !before(minor);
      case Unstated(), Unreadable() -> false;
    };
  }

  /// What a version looks like; clients of some languages put a letter before it.
  final class Form {
    private static final Pattern RELEASE =
        Pattern.compile("v?([0-9]{1,6})\\.([0-9]{1,6})(?:\\.[0-9]{1,6})?(?:[-+.a-z].*)?");

    private Form() {}
  }
}
