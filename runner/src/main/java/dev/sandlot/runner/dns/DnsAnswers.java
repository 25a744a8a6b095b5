package dev.sandlot.runner.dns;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/// Finds the answer to a question. Thread-safe.
///
/// There is no IPv6 inside a sandbox, so questions for IPv6 addresses are answered at once with
/// none; a program that was told one would wait for it in vain.
final class DnsAnswers {
  private final List<Resolver> upstreams;

  DnsAnswers(DnsConfig config) {
    this.upstreams = resolvers(config);
  }

  private static List<Resolver> resolvers(DnsConfig config) {
    List<InetSocketAddress> addresses =
        config.upstreams().isEmpty()
            ? ResolverConfig.getCurrentConfig().servers()
            : config.upstreams();
    List<Resolver> resolvers = new ArrayList<>();
    for (InetSocketAddress address : addresses) {
      SimpleResolver resolver = new SimpleResolver(address);
      resolver.setTimeout(Duration.ofMillis(config.answerMax().toMillis()));
      resolvers.add(resolver);
    }
    return List.copyOf(resolvers);
  }

  /// The answer; empty for what is no question and deserves none.
  Optional<Message> answer(byte[] packet) {
    Message question;
    try {
      question = new Message(packet);
    } catch (IOException | RuntimeException _) {
      return Optional.empty();
    }
    if (question.getHeader().getFlag(Flags.QR)) {
      return Optional.empty();
    }
    Record asked = question.getQuestion();
    if (question.getHeader().getOpcode() != Opcode.QUERY) {
      return Optional.of(reply(question, Rcode.NOTIMP));
    }
    if (asked == null || question.getSection(Section.QUESTION).size() != 1) {
      return Optional.of(reply(question, Rcode.FORMERR));
    }
    if (refused(asked)) {
      return Optional.of(reply(question, Rcode.REFUSED));
    }
    if (asked.getType() == Type.AAAA) {
      return Optional.of(reply(question, Rcode.NOERROR));
    }
    return Optional.of(forward(question, asked));
  }

  private static boolean refused(Record asked) {
    int type = asked.getType();
    return asked.getDClass() != DClass.IN
        || type == Type.AXFR
        || type == Type.IXFR
        || type == Type.ANY;
  }

  private Message forward(Message question, Record asked) {
    for (Resolver upstream : upstreams) {
      try {
        Message found = upstream.send(Message.newQuery(asked));
        return relayed(question, found);
      } catch (IOException | RuntimeException _) {
        // The next one may know.
      }
    }
    return reply(question, Rcode.SERVFAIL);
  }

  private static Message relayed(Message question, Message found) {
    Message answer = reply(question, found.getRcode());
    for (int section : new int[] {Section.ANSWER, Section.AUTHORITY}) {
      for (Record record : found.getSection(section)) {
        answer.addRecord(record, section);
      }
    }
    return answer;
  }

  private static Message reply(Message question, int code) {
    Message answer = new Message(question.getHeader().getID());
    Header header = answer.getHeader();
    header.setFlag(Flags.QR);
    header.setFlag(Flags.RA);
    if (question.getHeader().getFlag(Flags.RD)) {
      header.setFlag(Flags.RD);
    }
    header.setRcode(code);
    Record asked = question.getQuestion();
    if (asked != null) {
      answer.addRecord(asked, Section.QUESTION);
    }
    return answer;
  }
}
