package dev.sandlot.toolbox.lsp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agentclient.link.AnswerBudget;
import java.nio.charset.StandardCharsets;
import org.eclipse.lsp4j.jsonrpc.json.MessageJsonHandler;
import org.eclipse.lsp4j.jsonrpc.messages.ResponseMessage;
import org.eclipse.lsp4j.jsonrpc.services.ServiceEndpoints;
import org.eclipse.lsp4j.services.LanguageServer;
import org.junit.jupiter.api.Test;

class MessageDecoderTest {
  private final MessageJsonHandler json =
      new MessageJsonHandler(ServiceEndpoints.getSupportedMethods(LanguageServer.class));
  private final MessageDecoder decoder =
      new MessageDecoder(json, AnswerBudget.ofHeap().share(), LspLimits.STANDARD);

  MessageDecoderTest() {
    json.setMethodProvider(_ -> "textDocument/completion");
  }

  @Test
  void readsAnAnswer() {
    assertThat(decoder.decode(answer("{\"label\":\"a,{[:\\\"\"}")))
        .isInstanceOf(ResponseMessage.class);
  }

  @Test
  void countsValuesBeforeParsing() {
    byte[] flood = answer("{},".repeat(1_300_000) + "{}");

    assertThat(flood).hasSizeLessThan(LspLimits.STANDARD.messageBytesMax());
    assertThatThrownBy(() -> decoder.decode(flood))
        .isInstanceOf(MessageDecoder.TooManyValues.class);
  }

  @Test
  void doesNotCountInsideTexts() {
    byte[] text = "{\"a\":\"{[,:\\\\\\\"[[[\",\"b\":[1,2]}".getBytes(StandardCharsets.UTF_8);

    assertThat(MessageDecoder.values(text)).isEqualTo(7);
  }

  private static byte[] answer(String items) {
    return ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[" + items + "]}")
        .getBytes(StandardCharsets.UTF_8);
  }
}
