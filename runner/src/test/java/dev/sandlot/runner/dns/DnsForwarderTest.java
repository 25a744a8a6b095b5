package dev.sandlot.runner.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/// Queries with a fake upstream.
class DnsForwarderTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final AtomicInteger asked = new AtomicInteger();
  private final List<Message> heard = new CopyOnWriteArrayList<>();
  private volatile boolean silent;
  private volatile Optional<NetworkPolicy> policy = Optional.of(new NetworkPolicy.Internet());
  private volatile List<String> addresses = List.of("203.0.113.7");
  private DatagramSocket upstream;
  private DnsForwarder forwarder;

  @BeforeEach
  void start() throws IOException {
    upstream = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
    Thread.ofVirtual().start(this::serveUpstream);
    forwarder = forwarder(1_000);
  }

  private DnsForwarder forwarder(int burst) {
    return forwarder(limits(burst, 100, 10, Duration.ofSeconds(20)));
  }

  /// A port that is free for UDP may be taken for TCP.
  private DnsForwarder forwarder(DnsLimits limits) {
    for (int tries = 0; ; tries++) {
      try {
        return DnsForwarder.start(
            new InetSocketAddress(LOOPBACK, 0),
            new DnsConfig(
                List.of((InetSocketAddress) upstream.getLocalSocketAddress()),
                List.of(Ipv4Range.of("203.0.113.99/32"))),
            limits,
            _ -> policy);
      } catch (UncheckedIOException e) {
        if (tries == 10) {
          throw e;
        }
      }
    }
  }

  /// A forwarder with these limits: burst, pending queries and connections of one sandbox.
  private static DnsLimits limits(
      int burst, int inFlightOfOne, int connectionsOfOne, Duration connectionMax) {
    return limits(burst, inFlightOfOne, connectionsOfOne, connectionMax, Duration.ofMillis(300));
  }

  private static DnsLimits limits(
      int burst,
      int inFlightOfOne,
      int connectionsOfOne,
      Duration connectionMax,
      Duration answerMax) {
    return new DnsLimits(
        1,
        burst,
        1,
        3,
        16,
        inFlightOfOne,
        200,
        connectionsOfOne,
        20,
        100,
        Duration.ofSeconds(10),
        connectionMax,
        answerMax);
  }

  @AfterEach
  void stop() {
    forwarder.close();
    upstream.close();
  }

  private void serveUpstream() {
    byte[] buffer = new byte[4_096];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        upstream.receive(packet);
        asked.incrementAndGet();
        heard.add(new Message(buffer));
        if (!silent) {
          byte[] answer = answer(new Message(buffer)).toWire();
          upstream.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        }
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private Message answer(Message question) throws IOException {
    Record record = question.getQuestion();
    Message answer = new Message(question.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.addRecord(record, Section.QUESTION);
    if (record.getName().toString().startsWith("missing")) {
      answer.getHeader().setRcode(Rcode.NXDOMAIN);
      return answer;
    }
    Name host = Name.fromString("inner.host.example.com.");
    answer.addRecord(new CNAMERecord(record.getName(), DClass.IN, 60, host), Section.ANSWER);
    answer.addRecord(
        new AAAARecord(host, DClass.IN, 60, InetAddress.getByName("2001:db8::7")), Section.ANSWER);
    for (String address : addresses) {
      answer.addRecord(
          new ARecord(host, DClass.IN, 60, InetAddress.getByName(address)), Section.ANSWER);
    }
    return answer;
  }

  @Test
  void forwardsAnAddress() throws Exception {
    Message answer = ask("example.com.", Type.A, false);

    assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(addresses(answer)).containsExactly("203.0.113.7");
  }

  @Test
  void forwardsAnAddressOverTcp() throws Exception {
    assertThat(addresses(ask("example.com.", Type.A, true))).hasSize(1);
  }

  @Test
  void forwardsNxdomain() throws Exception {
    assertThat(ask("missing.example.", Type.A, false).getRcode()).isEqualTo(Rcode.NXDOMAIN);
  }

  @Test
  void answersNoIpv6Addresses() throws Exception {
    Message answer = ask("example.com.", Type.AAAA, false);

    assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(answer.getSection(Section.ANSWER)).isEmpty();
    assertThat(asked).hasValue(0);
  }

  @Test
  void refusesZoneTransfers() throws Exception {
    assertThat(ask("example.com.", Type.ANY, false).getRcode()).isEqualTo(Rcode.REFUSED);
    assertThat(asked).hasValue(0);
  }

  @Test
  void answersServfailWhenTheUpstreamIsUnreachable() throws Exception {
    silent = true;

    assertThat(ask("example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.SERVFAIL);
  }

  @Test
  void dropsQuestionsBeyondTheRate() throws Exception {
    try (DnsForwarder limited = forwarder(2)) {
      ask(limited, "a.example.com.", Type.A, false);
      ask(limited, "b.example.com.", Type.A, false);

      assertThatThrownBy(() -> ask(limited, "c.example.com.", Type.A, false))
          .isInstanceOf(IOException.class);
      assertThat(limited.dropped()).isEqualTo(1);
    }
  }

  @Test
  void ignoresMalformedPackets() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (byte[] junk : new byte[][] {{}, {1, 2, 3}, new byte[600], new byte[5_000]}) {
        socket.send(
            new DatagramPacket(
                junk, junk.length, new InetSocketAddress(LOOPBACK, forwarder.port())));
      }
    }

    assertThat(ask("example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.NOERROR);
  }

  @Test
  void refusesBlockedAndUnknownClients() throws Exception {
    for (Optional<NetworkPolicy> closed :
        List.<Optional<NetworkPolicy>>of(
            Optional.empty(), Optional.of(new NetworkPolicy.BlockAll()))) {
      policy = closed;
      assertThat(ask("example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.REFUSED);
      assertThat(ask("example.com.", Type.AAAA, true).getRcode()).isEqualTo(Rcode.REFUSED);
    }
    assertThat(heard).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "metadata.google.internal.",
        "printer.local.",
        "intranet.",
        "wiki.corp.",
        "db.service.consul.",
        "x.home.arpa.",
        "4.3.2.10.in-addr.arpa.",
        "254.169.254.169.in-addr.arpa.",
        "16.129.63.168.in-addr.arpa.",
        "99.113.0.203.in-addr.arpa.",
        "10.in-addr.arpa.",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa."
      })
  void doesNotForwardPrivateNames(String name) throws Exception {
    for (int type : new int[] {Type.A, Type.PTR, Type.TXT}) {
      assertThat(ask(name, type, false).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    }
    assertThat(heard).isEmpty();
  }

  @Test
  void forwardsReverseNamesOfPublicAddresses() throws Exception {
    ask("7.113.0.203.in-addr.arpa.", Type.PTR, false);

    assertThat(heard).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.5",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.168.1.1",
        "172.16.9.9",
        "0.0.0.0",
        "168.63.129.16",
        "203.0.113.99"
      })
  void removesPrivateAddresses(String closed) throws Exception {
    addresses = List.of(closed);
    Message answer = ask("rebinding.example.com.", Type.A, false);
    assertThat(answer.getRcode()).isEqualTo(Rcode.REFUSED);
    assertThat(answer.getSection(Section.ANSWER)).isEmpty();

    addresses = List.of(closed, "203.0.113.8");
    assertThat(addresses(ask("rebinding.example.com.", Type.A, false)))
        .containsExactly("203.0.113.8");
  }

  @Test
  void removesAddressesInOtherRecords() throws Exception {
    addresses = List.of();
    assertThat(ask("example.com.", Type.TXT, false).getSection(Section.ANSWER)).isEmpty();
    assertThat(ask("example.com.", Type.HTTPS, false).getSection(Section.ANSWER)).isEmpty();
  }

  /// Under an allow list, only names with a listed address are answered, with that address alone.
  @Test
  void answersOnlyListedNamesUnderAnAllowList() throws Exception {
    policy = allow("203.0.113.0/29");
    addresses = List.of("203.0.113.7", "203.0.113.8", "10.0.0.1");
    Message answer = ask("ExAmple.com.", Type.A, false);
    assertThat(answer.getSection(Section.ANSWER)).hasSize(1);
    assertThat(addresses(answer)).containsExactly("203.0.113.7");
    assertThat(heard.getLast().getQuestion().getName()).hasToString("example.com.");

    addresses = List.of("203.0.113.8");
    assertThat(ask("elsewhere.example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.REFUSED);
    int before = heard.size();
    assertThat(ask("example.com.", Type.TXT, false).getRcode()).isEqualTo(Rcode.REFUSED);
    assertThat(heard).hasSize(before);
  }

  @Test
  void limitsNewNamesUnderAnAllowList() throws Exception {
    policy = allow("203.0.113.7/32");
    for (int count = 0; count < 20; count++) {
      ask("known.example.com.", Type.A, false);
    }
    addresses = List.of("198.51.100.1");
    int refused = heard.size();
    long began = System.nanoTime();
    for (int count = 0; count < 20; count++) {
      ask("secret-" + count + ".example.net.", Type.A, false);
    }
    assertThat(refused).isEqualTo(20);
    // A burst, and one for each second that this has taken.
    long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds() + 1;
    assertThat((long) heard.size() - refused).isLessThanOrEqualTo(2 + seconds);
  }

  @Test
  void limitsPendingQueriesOfOneSandbox() throws Exception {
    silent = true;
    Duration longest = Duration.ofSeconds(20);
    try (DnsForwarder shared = forwarder(limits(1_000, 5, 2, longest, longest));
        DatagramSocket greedy = new DatagramSocket(new InetSocketAddress("127.0.0.2", 0))) {
      byte[] question =
          Message.newQuery(Record.newRecord(Name.fromString("a.example.com."), Type.A, DClass.IN))
              .toWire();
      for (int count = 0; count < 50; count++) {
        greedy.send(
            new DatagramPacket(
                question, question.length, new InetSocketAddress(LOOPBACK, shared.port())));
      }
      Waiting.eventually("all have come", () -> shared.questions() == 50);
      assertThat(shared.dropped()).isEqualTo(45);
      silent = false;
      assertThat(ask(shared, "b.example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.NOERROR);
    }
  }

  @Test
  void limitsConnectionsOfOneSandbox() throws Exception {
    try (DnsForwarder shared = forwarder(limits(1_000, 5, 2, Duration.ofSeconds(20)));
        Socket first = connection(shared);
        Socket second = connection(shared);
        Socket third = connection(shared)) {
      assertThat(third.getInputStream().read()).isEqualTo(-1);
      assertThat(first.isClosed() || second.isClosed()).isFalse();
      assertThat(ask(shared, "b.example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.NOERROR);
    }
  }

  @Test
  void closesASlowConnectionAtTheEndOfItsLife() throws Exception {
    try (DnsForwarder shared = forwarder(limits(1_000, 5, 2, Duration.ofMillis(300)));
        Socket slow = connection(shared)) {
      slow.getOutputStream().write(1);
      assertThat(slow.getInputStream().read()).isEqualTo(-1);
    }
  }

  private static Socket connection(DnsForwarder forwarder) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress("127.0.0.2", 0));
    socket.connect(new InetSocketAddress(LOOPBACK, forwarder.port()));
    socket.setSoTimeout(8_000);
    return socket;
  }

  private static Optional<NetworkPolicy> allow(String range) {
    return Optional.of(new NetworkPolicy.AllowList(List.of(Ipv4Range.of(range))));
  }

  private static List<String> addresses(Message answer) {
    return answer.getSection(Section.ANSWER).stream()
        .filter(ARecord.class::isInstance)
        .map(Record::rdataToString)
        .toList();
  }

  private Message ask(String name, int type, boolean tcp) throws IOException {
    return ask(forwarder, name, type, tcp);
  }

  private static Message ask(DnsForwarder asked, String name, int type, boolean tcp)
      throws IOException {
    SimpleResolver resolver = new SimpleResolver(new InetSocketAddress(LOOPBACK, asked.port()));
    resolver.setTimeout(Duration.ofSeconds(2));
    resolver.setTCP(tcp);
    return resolver.send(
        Message.newQuery(Record.newRecord(Name.fromString(name), type, DClass.IN)));
  }
}
