package dev.sandlot.toolbox.lsp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileUrisTest {
  @Test
  void percentEncodesSpecialCharacters() {
    assertThat(FileUris.of("/a b/\u00e9#?%.py")).isEqualTo("file:///a%20b/%C3%A9%23%3F%25.py");
    assertThat(FileUris.of("/plain-._~/x1.ts")).isEqualTo("file:///plain-._~/x1.ts");
  }

  @Test
  void acceptsAllFormsThatClientsSend() {
    assertThat(FileUris.candidates("file:///abs/x.py", "/home", "/p")).containsExactly("/abs/x.py");
    assertThat(FileUris.candidates("file://rel/x.py", "/home", "/p"))
        .containsExactly("/home/rel/x.py", "/p/rel/x.py");
    assertThat(FileUris.candidates("rel/x.py", "/home", "/home")).containsExactly("/home/rel/x.py");
  }

  @Test
  void triesThePathBeforeItsDecodedForm() {
    assertThat(FileUris.candidates("file:///a%20b", "/home", "/p"))
        .containsExactly("/a%20b", "/a b");
    assertThat(FileUris.candidates("/100%", "/home", "/p")).containsExactly("/100%");
    assertThat(FileUris.candidates("/a%zz", "/home", "/p")).containsExactly("/a%zz");
    assertThat(FileUris.candidates("/a%00", "/home", "/p")).containsExactly("/a%00");
  }

  @Test
  void cannotLeaveTheRoot() {
    assertThat(FileUris.absolute("../../../etc", "/home/x")).isEqualTo("/etc");
    assertThat(FileUris.absolute("/a/./b//../c/", "/home")).isEqualTo("/a/c");
    assertThat(FileUris.absolute(".", "/home/x")).isEqualTo("/home/x");
  }
}
