package dev.sandlot.proxy.access;

import com.google.re2j.Pattern;
import java.util.Optional;
import java.util.Set;

/// A TCP port of a sandbox. The only place that reads one from text: a second reader that took
/// another spelling for the same port would be a way around the checks of the first.
///
/// @param number 1 to 65535
public record Port(int number) {
  /// Where the toolbox answers, which the runner serves: nothing inside listens there.
  public static final Port TOOLBOX = new Port(2280);

  private static final int NUMBER_MAX = 65_535;
  private static final Pattern CANONICAL = Pattern.compile("[1-9][0-9]{0,4}");

  /// Toolbox, web terminal, recordings: these act on the sandbox rather than being served by it.
  private static final Set<Integer> ALWAYS_AUTHENTICATED = Set.of(2280, 22_222, 33_333);

  public Port {
    if (number < 1 || number > NUMBER_MAX) {
      throw new IllegalArgumentException("a port is 1 to 65535, not " + number);
    }
  }

  /// Reads the one spelling of a port: ASCII digits, no sign, no leading zero.
  public static Optional<Port> parse(String text) {
    if (!CANONICAL.matcher(text).matches()) {
      return Optional.empty();
    }
    int number = Integer.parseInt(text);
    return number <= NUMBER_MAX ? Optional.of(new Port(number)) : Optional.empty();
  }

  /// Whether it stays closed to strangers even when the sandbox is public.
  public boolean alwaysAuthenticated() {
    return ALWAYS_AUTHENTICATED.contains(number);
  }
}
