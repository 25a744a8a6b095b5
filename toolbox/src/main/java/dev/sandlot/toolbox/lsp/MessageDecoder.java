package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.link.AnswerBudget;
import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.toolbox.call.HostileText;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.eclipse.lsp4j.jsonrpc.MessageIssueException;
import org.eclipse.lsp4j.jsonrpc.json.MessageJsonHandler;
import org.eclipse.lsp4j.jsonrpc.messages.Message;

/// Decodes messages of a language server, after counting their values and charging their memory.
/// Used by one thread.
final class MessageDecoder {
  private static final int VALUE_BYTES = 48;
  private static final int COPIES = 3;

  private final MessageJsonHandler json;
  private final AnswerBudget.Share answers;
  private final LspLimits limits;

  MessageDecoder(MessageJsonHandler json, AnswerBudget.Share answers, LspLimits limits) {
    this.json = json;
    this.answers = answers;
    this.limits = limits;
  }

  /// The message has too many values.
  static final class TooManyValues extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /// @throws MessageIssueException when it is not as the protocol says
  /// @throws TooManyValues before it is parsed
  /// @throws RuntimeException when it is no message, or the memory for answers is used up
  Message decode(byte[] content) {
    int values = values(content);
    if (values > limits.messageValuesMax()) {
      throw new TooManyValues();
    }
    try (AnswerCharge charge = answers.open()) {
      charge.take((long) COPIES * content.length + (long) VALUE_BYTES * values);
      return HostileText.read(
          content.length,
          () ->
              json.parseMessage(
                  new InputStreamReader(
                      new ByteArrayInputStream(content), StandardCharsets.UTF_8)));
    }
  }

  /// An upper bound of the number of values and names in a JSON text, valid or not.
  static int values(byte[] text) {
    int values = 1;
    boolean quoted = false;
    for (int at = 0; at < text.length; at++) {
      switch (text[at]) {
        case '\\' -> at += quoted ? 1 : 0;
        case '"' -> quoted = !quoted;
        case '{', '[', ',', ':' -> values += quoted ? 0 : 1;
        default -> {
          // A part of a value.
        }
      }
    }
    return values;
  }
}
