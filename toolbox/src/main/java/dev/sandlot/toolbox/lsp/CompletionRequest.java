package dev.sandlot.toolbox.lsp;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.ToolboxLimits;
import org.eclipse.lsp4j.CompletionContext;
import org.eclipse.lsp4j.CompletionTriggerKind;
import org.eclipse.lsp4j.Position;

/// A request for completions at a position of a document.
record CompletionRequest(DocumentRequest document, Position position, CompletionContext context) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static CompletionRequest read(BodyReader body, ToolboxLimits limits) {
    BodyReader position = body.requiredObject("position");
    CompletionContext context = new CompletionContext(CompletionTriggerKind.Invoked);
    body.object("context").ifPresent(given -> fill(context, given));
    return new CompletionRequest(
        DocumentRequest.read(body, limits),
        new Position(
            position.requiredInteger("line", 0, Integer.MAX_VALUE),
            position.requiredInteger("character", 0, Integer.MAX_VALUE)),
        context);
  }

  /// Fills in the trigger; unknown kinds count as the first.
  private static void fill(CompletionContext context, BodyReader given) {
    int kind = given.integer("triggerKind", 0, Integer.MAX_VALUE).orElse(1);
    if (kind > 1 && kind <= CompletionTriggerKind.values().length) {
      context.setTriggerKind(CompletionTriggerKind.forValue(kind));
    }
    given
        .rawText("triggerCharacter")
        .filter(character -> !character.isEmpty())
        .ifPresent(context::setTriggerCharacter);
  }
}
