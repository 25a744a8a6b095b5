package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Operation;
import dev.sandlot.runner.launcher.TestLauncher;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.desktop.DesktopRoutes;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Computer use in an image without a desktop.
@ParameterizedClass
@ValueSource(strings = {"runsc", "runc"})
class NoDesktopIT {
  private static final Map<String, String> BODIES =
      Map.of(
          "/computeruse/mouse/move", "{\"x\":1,\"y\":1}",
          "/computeruse/mouse/click", "{\"x\":1,\"y\":1}",
          "/computeruse/mouse/drag", "{\"startX\":1,\"startY\":1,\"endX\":2,\"endY\":2}",
          "/computeruse/mouse/scroll", "{\"x\":1,\"y\":1,\"direction\":\"up\"}",
          "/computeruse/keyboard/hotkey", "{\"keys\":\"ctrl+c\"}");

  private final DesktopFixture plain;

  NoDesktopIT(String engine) throws Exception {
    plain = new DesktopFixture(engine, TestLauncher.shared().image(), Map.of());
  }

  @AfterEach
  void stop() throws Exception {
    plain.close();
  }

  @Test
  void namesMissingProgramsAndASolution() throws Exception {
    for (Operation<ToolboxAccess> operation :
        new DesktopRoutes((_, _) -> {}, _ -> {}).operations()) {
      String path = operation.path().text();
      if (path.contains("/recordings")) {
        continue;
      }
      JsonNode refused = refusal(operation.method(), path);

      assertThat(refused.path("message").asString()).contains("not available");
      assertThat(refused.path("details").asString()).contains("Xvfb");
      assertThat(refused.path("solution").asString()).contains("sandlot/desktop");
    }
  }

  private JsonNode refusal(String method, String path) throws Exception {
    String body =
        BODIES.getOrDefault(
            path, "{\"id\":\":1.1:/a\",\"key\":\"a\",\"text\":\"a\",\"value\":\"a\"}");
    if (method.equals("GET")) {
      String query = path.contains("/region") ? "?x=0&y=0&width=5&height=5" : "";
      return plain.get(path.replace("{processName}", "xvfb") + query, 503);
    }
    return plain.post(path.replace("{processName}", "xvfb"), body, 503);
  }

  @Test
  void listsNoRecordingsAndRefusesToStartOne() throws Exception {
    assertThat(plain.get("/computeruse/recordings", 200).path("recordings")).isEmpty();
    JsonNode refused = plain.post("/computeruse/recordings/start", "", 503);
    assertThat(refused.path("error").asString()).isEqualTo("ffmpeg_not_found");
    assertThat(refused.path("code").asString()).isEqualTo("RECORDING_FFMPEG_NOT_FOUND");
  }
}
