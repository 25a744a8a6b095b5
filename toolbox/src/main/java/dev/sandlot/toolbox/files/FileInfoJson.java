package dev.sandlot.toolbox.files;

import dev.sandlot.agentclient.files.FileStatus;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// The contract's `FileInfo`, in the formats that strict clients parse (docs/contract/files.md).
public final class FileInfoJson {
  /// Times as Go prints them, for the deprecated `modTime`.
  private static final DateTimeFormatter GO_TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral(" +0000 UTC")
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final int SET_USER = 04000;
  private static final int SET_GROUP = 02000;
  private static final int STICKY = 01000;
  private static final int ALL = 0777;
  private static final String LETTERS = "rwxrwxrwx";

  private FileInfoJson() {}

  static Map<String, Object> of(FileStatus file) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", file.name());
    json.put("path", file.path());
    json.put("size", file.size());
    json.put("mode", mode(file));
    json.put("permissions", String.format(Locale.ROOT, "%04o", file.permissions() & ALL));
    json.put("modTime", GO_TIME.format(file.modifiedAt()));
    json.put("modifiedAt", time(file.modifiedAt()));
    json.put("isDir", file.directory());
    json.put("owner", Long.toString(file.owner()));
    json.put("group", Long.toString(file.group()));
    return json;
  }

  /// A time in the format of RFC 3339.
  public static String time(Instant instant) {
    return DateTimeFormatter.ISO_INSTANT.format(instant);
  }

  /// A mode as Go prints it: letters for the kind of file, then nine for its permissions.
  static String mode(FileStatus file) {
    StringBuilder text = new StringBuilder();
    switch (file.kind()) {
      case DIRECTORY -> text.append('d');
      case SYMLINK -> text.append('L');
      case OTHER -> text.append('?');
      case REGULAR -> {
        // Go prints no letter.
      }
    }
    appendIf(text, file.permissions() & SET_USER, 'u');
    appendIf(text, file.permissions() & SET_GROUP, 'g');
    appendIf(text, file.permissions() & STICKY, 't');
    if (text.isEmpty()) {
      text.append('-');
    }
    for (int bit = 0; bit < LETTERS.length(); bit++) {
      boolean set = (file.permissions() & (1 << (LETTERS.length() - 1 - bit))) != 0;
      text.append(set ? LETTERS.charAt(bit) : '-');
    }
    return text.toString();
  }

  private static void appendIf(StringBuilder text, int bits, char letter) {
    if (bits != 0) {
      text.append(letter);
    }
  }
}
