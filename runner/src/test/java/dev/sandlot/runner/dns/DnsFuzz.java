package dev.sandlot.runner.dns;

import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.EDNSOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.Section;
import org.xbill.DNS.TSIG;

/// Queries of a malicious sandbox, and answers of a malicious upstream.
final class DnsFuzz {
  private static final int ROOM = 512;
  private static final List<NetworkPolicy> POLICIES =
      List.of(
          new NetworkPolicy.Internet(),
          new NetworkPolicy.AllowList(List.of(Ipv4Range.of("198.51.100.0/24"))),
          new NetworkPolicy.BlockAll());

  private DnsFuzz() {}

  /// Called by the fuzzer: a policy, the length of the question, the question, and the upstream's
  /// answer.
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length < 2) {
      return;
    }
    NetworkPolicy policy = POLICIES.get((input[0] & 0xff) % POLICIES.size());
    int end = Math.min(input.length, 2 + (input[1] & 0xff));
    byte[] question = Arrays.copyOfRange(input, 2, end);
    byte[] upstream = Arrays.copyOfRange(input, end, input.length);
    DnsAnswers answers =
        new DnsAnswers(List.of(new Upstream(upstream)), List.of(), _ -> Optional.of(policy));
    DnsClient client = new DnsClient(DnsLimits.STANDARD, System.nanoTime());
    Optional<Message> answer =
        answers.answer(question, InetAddress.getByAddress(new byte[] {10, 0, 0, 2}), client);
    if (answer.isPresent()) {
      check(policy, answer.get());
    }
  }

  private static void check(NetworkPolicy policy, Message answer) {
    require(answer.getHeader().getFlag(Flags.QR), "an answer is marked as one");
    require(DnsAnswers.wire(answer, ROOM).length <= ROOM, "it fits");
    for (Record record : answer.getSection(Section.ANSWER)) {
      if (record instanceof ARecord address) {
        Ipv4Range range = Ipv4Range.of(address.getAddress().getHostAddress());
        require(!range.isClosed(), "no address of this network");
        require(!(policy instanceof NetworkPolicy.BlockAll), "nothing where nothing is allowed");
      }
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /// Gives the same answer to every query.
  private record Upstream(byte[] answer) implements Resolver {
    @Override
    public Message send(Message query) throws IOException {
      return new Message(answer);
    }

    @Override
    public void setPort(int port) {}

    @Override
    public void setTCP(boolean flag) {}

    @Override
    public void setIgnoreTruncation(boolean flag) {}

    @Override
    public void setEDNS(int version, int payloadSize, int flags, List<EDNSOption> options) {}

    @Override
    public void setTSIGKey(TSIG key) {}

    @Override
    public void setTimeout(Duration timeout) {}
  }
}
