package dev.sandlot.toolbox.desktop;

import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Maps names of keys (docs/contract/computer-use.md#mouse-keyboard-and-display) to key symbols of
/// the X protocol.
final class Keys {
  /// How many modifiers there are, so that a chord has no more.
  static final int MODIFIERS_MAX = 4;

  private static final String PUNCTUATION = "`-=[]\\;',./";
  private static final String SHIFTED = "~!@#$%^&*()_+{}|:\"<>?";
  private static final String UNSHIFTED = "`1234567890-=[]\\;',./";
  private static final int FUNCTION_KEYS = 24;
  private static final int F1 = 0xffbe;
  private static final int KEYPAD_0 = 0xffb0;
  private static final int DIGITS = 10;

  private static final Map<String, Integer> MODIFIERS = new HashMap<>();
  private static final Map<String, Integer> NAMED = new HashMap<>();

  static {
    modifier(0xffe3, 0xffe4, "ctrl", "control");
    modifier(0xffe9, 0xffea, "alt", "option");
    modifier(0xffe1, 0xffe2, "shift");
    modifier(0xffeb, 0xffec, "cmd", "command", "meta", "super", "win", "windows");
    named(0xff0d, "enter", "return");
    named(0xff1b, "escape", "esc");
    named(0xff09, "tab");
    named(' ', "space");
    named(0xff08, "backspace");
    named(0xffff, "delete", "del");
    named(0xff63, "insert");
    named(0xff50, "home");
    named(0xff57, "end");
    named(0xff55, "pageup", "page_up");
    named(0xff56, "pagedown", "page_down");
    named(0xff51, "left", "arrow_left");
    named(0xff52, "up", "arrow_up");
    named(0xff53, "right", "arrow_right");
    named(0xff54, "down", "arrow_down");
    named(0xffe5, "capslock", "caps_lock");
    named(0xff67, "menu");
    named(0xff7f, "num_lock", "numlock");
    named(0xffab, "num_plus", "num_add");
    named(0xffad, "num_minus", "num_subtract");
    named(0xffaa, "num_multiply", "num_asterisk");
    named(0xffaf, "num_divide", "num_slash");
    named(0xffae, "num_decimal", "num_period", "num_dot");
    named(0xff8d, "num_enter");
    named(0xffbd, "num_equal", "num_equals");
    named(0xff0b, "num_clear");
    for (int number = 1; number <= FUNCTION_KEYS; number++) {
      named(F1 + number - 1, "f" + number);
    }
    for (int digit = 0; digit < DIGITS; digit++) {
      named(KEYPAD_0 + digit, "num" + digit, "num_" + digit);
    }
  }

  private Keys() {}

  private static void modifier(int left, int right, String... names) {
    for (String name : names) {
      MODIFIERS.put(name, left);
      named(left, name, "l" + name, "left_" + name, "left" + name);
      named(right, "r" + name, "right_" + name, "right" + name);
    }
  }

  private static void named(int symbol, String... names) {
    for (String name : names) {
      NAMED.put(name, symbol);
    }
  }

  /// Keys pressed together.
  ///
  /// @param key the symbol of the key
  /// @param modifiers symbols of the modifiers that are held
  record Chord(int key, List<Integer> modifiers) {
    Chord {
      modifiers = List.copyOf(modifiers);
      if (modifiers.contains(key)) {
        throw DesktopFailures.badRequest("a key is named twice in one chord");
      }
    }
  }

  /// Parses `ctrl+shift+t`: the last name is the key.
  static Chord hotkey(String keys) {
    String[] names = keys.split("\\+", -1);
    if (names.length > MODIFIERS_MAX + 1) {
      throw DesktopFailures.badRequest(
          "keys must be one key after at most " + MODIFIERS_MAX + " modifiers, joined by +");
    }
    List<String> modifiers = new ArrayList<>();
    for (String name : names) {
      if (name.isBlank()) {
        throw DesktopFailures.badRequest(
            "keys must be names joined by +, such as ctrl+shift+t; a plus sign is shift+=");
      }
      modifiers.add(name.strip());
    }
    String key = modifiers.removeLast();
    return chord(key, modifiers);
  }

  static Chord chord(String key, List<String> modifiers) {
    return new Chord(key(key), modifiers(modifiers));
  }

  /// The symbols of modifiers; none may be given twice.
  static List<Integer> modifiers(List<String> names) {
    List<Integer> symbols = new ArrayList<>();
    for (String name : names) {
      Integer symbol = MODIFIERS.get(plain(name));
      if (symbol == null) {
        throw DesktopFailures.badRequest(
            "there is no modifier " + name + "; there are ctrl, alt, shift and cmd");
      }
      if (symbols.contains(symbol)) {
        throw DesktopFailures.badRequest("the modifier " + name + " is named twice");
      }
      symbols.add(symbol);
    }
    return symbols;
  }

  /// The symbol of a key.
  static int key(String name) {
    if (name.length() == 1) {
      return character(name.charAt(0));
    }
    Integer symbol = NAMED.get(plain(name));
    if (symbol == null) {
      throw DesktopFailures.badRequest(
          "there is no key "
              + name
              + "; there are letters, digits, unshifted punctuation, and names such as enter, "
              + "escape, tab, pageup, f5, num_plus");
    }
    return symbol;
  }

  private static int character(char one) {
    char lower = Character.toLowerCase(one);
    boolean known =
        (lower >= 'a' && lower <= 'z')
            || (lower >= '0' && lower <= '9')
            || lower == ' '
            || PUNCTUATION.indexOf(lower) >= 0;
    if (known) {
      return lower;
    }
    int shifted = SHIFTED.indexOf(one);
    if (shifted >= 0) {
      throw DesktopFailures.badRequest(
          one + " is typed with shift; press " + UNSHIFTED.charAt(shifted) + " with it");
    }
    throw DesktopFailures.badRequest("there is no key " + one + "; type it as text");
  }

  private static String plain(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replace('-', '_');
  }
}
