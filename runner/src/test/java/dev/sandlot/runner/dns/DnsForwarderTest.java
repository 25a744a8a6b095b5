package dev.sandlot.runner.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/// Look-ups through an upstream of the test's own.
class DnsForwarderTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final AtomicInteger asked = new AtomicInteger();
  private volatile boolean silent;
  private DatagramSocket upstream;
  private DnsForwarder forwarder;

  @BeforeEach
  void start() throws IOException {
    upstream = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0));
    Thread.ofVirtual().start(this::serveUpstream);
    forwarder = forwarder(1_000);
  }

  private DnsForwarder forwarder(int burst) {
    return DnsForwarder.start(
        new InetSocketAddress(LOOPBACK, 0),
        new DnsConfig(
            List.of((InetSocketAddress) upstream.getLocalSocketAddress()),
            Duration.ofMillis(300),
            1,
            burst,
            100));
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
        if (!silent) {
          byte[] answer = answer(new Message(buffer)).toWire();
          upstream.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        }
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private static Message answer(Message question) throws IOException {
    Record record = question.getQuestion();
    Message answer = new Message(question.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.addRecord(record, Section.QUESTION);
    if (record.getName().toString().startsWith("missing")) {
      answer.getHeader().setRcode(Rcode.NXDOMAIN);
    } else {
      InetAddress address = InetAddress.getByAddress(new byte[] {(byte) 203, 0, 113, 7});
      answer.addRecord(new ARecord(record.getName(), DClass.IN, 60, address), Section.ANSWER);
    }
    return answer;
  }

  @Test
  void passesAnAddressOn() throws Exception {
    Message answer = ask("example.com.", Type.A, false);

    assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(answer.getSection(Section.ANSWER).getFirst().rdataToString())
        .isEqualTo("203.0.113.7");
  }

  @Test
  void passesAnAddressOnOverTcp() throws Exception {
    assertThat(ask("example.com.", Type.A, true).getSection(Section.ANSWER)).hasSize(1);
  }

  @Test
  void passesOnThatThereIsNone() throws Exception {
    assertThat(ask("missing.example.", Type.A, false).getRcode()).isEqualTo(Rcode.NXDOMAIN);
  }

  @Test
  void knowsNoIpv6Addresses() throws Exception {
    Message answer = ask("example.com.", Type.AAAA, false);

    assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(answer.getSection(Section.ANSWER)).isEmpty();
    assertThat(asked).hasValue(0);
  }

  @Test
  void refusesToHandOutZones() throws Exception {
    assertThat(ask("example.com.", Type.ANY, false).getRcode()).isEqualTo(Rcode.REFUSED);
    assertThat(asked).hasValue(0);
  }

  @Test
  void saysSoWhenTheUpstreamIsAway() throws Exception {
    silent = true;

    assertThat(ask("example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.SERVFAIL);
  }

  @Test
  void dropsQuestionsBeyondTheRate() throws Exception {
    try (DnsForwarder limited = forwarder(2)) {
      ask(limited, "a.example.", Type.A, false);
      ask(limited, "b.example.", Type.A, false);

      assertThatThrownBy(() -> ask(limited, "c.example.", Type.A, false))
          .isInstanceOf(IOException.class);
      assertThat(limited.dropped()).isEqualTo(1);
    }
  }

  @Test
  void livesThroughPacketsThatAreNoQuestions() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (byte[] junk : new byte[][] {{}, {1, 2, 3}, new byte[600], new byte[5_000]}) {
        socket.send(
            new DatagramPacket(
                junk, junk.length, new InetSocketAddress(LOOPBACK, forwarder.port())));
      }
    }

    assertThat(ask("example.com.", Type.A, false).getRcode()).isEqualTo(Rcode.NOERROR);
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
