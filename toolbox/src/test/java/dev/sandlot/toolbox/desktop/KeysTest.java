package dev.sandlot.toolbox.desktop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.OperationFailure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Names of keys, with the symbols of X11/keysymdef.h.
class KeysTest {
  @ParameterizedTest
  @CsvSource({
    "a, 61",
    "Z, 7a",
    "7, 37",
    "'-', 2d",
    "/, 2f",
    "space, 20",
    "Return, ff0d",
    "ENTER, ff0d",
    "Escape, ff1b",
    "esc, ff1b",
    "tab, ff09",
    "backspace, ff08",
    "del, ffff",
    "insert, ff63",
    "home, ff50",
    "end, ff57",
    "page-up, ff55",
    "PageDown, ff56",
    "left, ff51",
    "up, ff52",
    "right, ff53",
    "down, ff54",
    "f1, ffbe",
    "F24, ffd5",
    "capslock, ffe5",
    "menu, ff67",
    "ctrl, ffe3",
    "right_shift, ffe2",
    "lalt, ffe9",
    "cmd, ffeb",
    "num0, ffb0",
    "num_9, ffb9",
    "num_plus, ffab",
    "num-enter, ff8d"
  })
  void mapsTheKeysOfTheContract(String name, String symbol) {
    assertThat(Keys.key(name)).isEqualTo(Integer.parseInt(symbol, 16));
  }

  @ParameterizedTest
  @CsvSource({"!, 1", "+, =", "?, /", "~, `", "':', ;"})
  void namesTheKeyOfAShiftedSymbol(String symbol, String key) {
    assertThatThrownBy(() -> Keys.key(symbol))
        .isInstanceOf(OperationFailure.class)
        .hasMessageContaining("press " + key + " with it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ü", "f0", "f25", "enter!", "num10", "hyper", "aa", "\u0000"})
  void refusesUnknownKeys(String name) {
    assertThatThrownBy(() -> Keys.key(name)).isInstanceOf(OperationFailure.class);
  }

  @Test
  void parsesAChordWithTheKeyLast() {
    Keys.Chord chord = Keys.hotkey("ctrl + Shift+t");

    assertThat(chord.key()).isEqualTo('t');
    assertThat(chord.modifiers()).containsExactly(0xffe3, 0xffe1);
    assertThat(Keys.hotkey("shift").modifiers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "ctrl+", "+", "ctrl++", "a+b", "ctrl+control+c", "shift+shift", "win+cmd+a"})
  void refusesAnInvalidChord(String keys) {
    assertThatThrownBy(() -> Keys.hotkey(keys)).isInstanceOf(OperationFailure.class);
  }

  @Test
  void acceptsEveryNameOfAModifier() {
    assertThat(Keys.modifiers(List.of("Control", "option", "shift", "windows")))
        .containsExactly(0xffe3, 0xffe9, 0xffe1, 0xffeb);
  }
}
