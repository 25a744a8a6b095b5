package dev.sandlot.toolbox.desktop.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.OperationFailure;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DesktopSettingsTest {
  @Test
  void hasTheContractsDefaults() {
    assertThat(DesktopSettings.of(Map.of()).environment())
        .containsEntry("DISPLAY", ":0")
        .containsEntry("VNC_RESOLUTION", "1024x768")
        .containsEntry("VNC_PORT", "5901")
        .containsEntry("NO_VNC_PORT", "6080")
        .containsEntry("LANG", "C.UTF-8");
    assertThat(DesktopSettings.of(Map.of("LANG", "de_DE.UTF-8")).language())
        .isEqualTo("de_DE.UTF-8");
  }

  @Test
  void readsTheSandboxsVariables() {
    DesktopSettings settings =
        DesktopSettings.of(
            Map.of("DISPLAY", ":7", "VNC_RESOLUTION", "1920x1080", "NO_VNC_PORT", "8080"));

    assertThat(settings.display()).isEqualTo(":7");
    assertThat(settings.resolution()).isEqualTo("1920x1080");
    assertThat(settings.noVncPort()).isEqualTo(8_080);
  }

  @ParameterizedTest
  @CsvSource({
    "DISPLAY, 0",
    "DISPLAY, ':0; touch /tmp/x'",
    "DISPLAY, 'host:0'",
    "VNC_RESOLUTION, 1024",
    "VNC_RESOLUTION, 1024x768x24",
    "VNC_RESOLUTION, 99999x99999",
    "VNC_PORT, 0",
    "VNC_PORT, 65536",
    "NO_VNC_PORT, -1",
    "XDG_RUNTIME_DIR, 'relative'",
    "DBUS_SESSION_BUS_ADDRESS, 'tcp:host=elsewhere'"
  })
  void namesAnInvalidVariable(String name, String value) {
    assertThatThrownBy(() -> DesktopSettings.of(Map.of(name, value)))
        .isInstanceOf(OperationFailure.class)
        .hasMessageContaining(name);
  }
}
