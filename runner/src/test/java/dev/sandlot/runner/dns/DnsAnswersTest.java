package dev.sandlot.runner.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;
import org.xbill.DNS.WKSRecord;

class DnsAnswersTest {
  @Test
  void answersServfailWhereARecordCannotBeWritten() throws Exception {
    Name name = Name.fromString("example.org.");
    Message answer = new Message(0x1234);
    answer.addRecord(Record.newRecord(name, Type.WKS, DClass.IN), Section.QUESTION);
    // The upstream's record; without a service the library cannot write it.
    InetAddress address = InetAddress.getByAddress(new byte[] {(byte) 198, 51, 100, 7});
    answer.addRecord(
        new WKSRecord(name, DClass.IN, 1, address, WKSRecord.Protocol.TCP, new int[0]),
        Section.ANSWER);

    Message sent = new Message(DnsAnswers.wire(answer, 512));

    assertThat(sent.getRcode()).isEqualTo(Rcode.SERVFAIL);
    assertThat(sent.getHeader().getID()).isEqualTo(0x1234);
    assertThat(sent.getQuestion().getName()).isEqualTo(name);
    assertThat(sent.getSection(Section.ANSWER)).isEmpty();
  }
}
