package dev.sandlot.http.server;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Tells whether a client has closed its side of a connection while we work for it.
///
/// HTTP/1.1 has no other way to see it before the answer is written, and Java cannot look at a
/// socket without reading from it. Linux lists the state of every connection. A client that closes
/// only its sending half counts as gone; those of HTTP do not do that.
final class ClientConnection {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));
  private static final String ESTABLISHED = "01";

  /// As they are written in the table; an IPv4 address has a second form there.
  private final List<String> ends;

  private boolean seen;

  ClientConnection(SocketAddress local, SocketAddress remote) {
    List<String> forms = new ArrayList<>();
    if (local instanceof InetSocketAddress here && remote instanceof InetSocketAddress there) {
      for (boolean mapped : new boolean[] {false, true}) {
        forms.add(" " + end(here, mapped) + " " + end(there, mapped) + " ");
      }
    }
    ends = List.copyOf(forms);
  }

  /// Reads the table. Says no when it does not tell.
  boolean closedByClient() {
    Optional<String> state = state();
    boolean open = state.filter(ESTABLISHED::equals).isPresent();
    seen |= open;
    // A row that was there and is gone was reset. One that never was tells nothing.
    return !open && (seen || state.isPresent());
  }

  private Optional<String> state() {
    for (Path table : TABLES) {
      try (Stream<String> lines = Files.lines(table)) {
        Optional<String> state = lines.flatMap(line -> state(line).stream()).findFirst();
        if (state.isPresent()) {
          return state;
        }
      } catch (IOException _) {
        // This machine has no such table, for example without IPv6.
      }
    }
    return Optional.empty();
  }

  /// Of a row ` 0: 0100007F:0BB8 0100007F:C350 01 …` that is about this connection.
  private Optional<String> state(String row) {
    for (String form : ends) {
      int begin = row.indexOf(form);
      if (begin >= 0) {
        int state = begin + form.length();
        return Optional.of(row.substring(state, state + ESTABLISHED.length()));
      }
    }
    return Optional.empty();
  }

  /// An address as the kernel writes it: words of four bytes in the machine's order, which is the
  /// reverse on all machines that we run on.
  private static String end(InetSocketAddress end, boolean mapped) {
    InetAddress address = end.getAddress();
    StringBuilder text = new StringBuilder();
    if (mapped && address instanceof Inet4Address) {
      text.append("0000000000000000FFFF0000");
    }
    byte[] bytes = address.getAddress();
    for (int word = 0; word < bytes.length; word += Integer.BYTES) {
      for (int index = Integer.BYTES - 1; index >= 0; index--) {
        text.append(String.format(Locale.ROOT, "%02X", bytes[word + index] & 0xff));
      }
    }
    return text.append(String.format(Locale.ROOT, ":%04X", end.getPort())).toString();
  }
}
