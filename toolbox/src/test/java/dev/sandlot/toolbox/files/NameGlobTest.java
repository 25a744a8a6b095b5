package dev.sandlot.toolbox.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NameGlobTest {
  @ParameterizedTest
  @CsvSource({
    "*,anything",
    "*,.hidden",
    "**,anything",
    "*.py,a.py",
    "*.py,.py",
    "a*b*c,a--b--b--c",
    "a*,a",
    "?.txt,\u6587.txt",
    "?,\ud83e\udd8a",
    "[abc].c,b.c",
    "[a-c]*,cat",
    "[^a-c]*,dog",
    "[!a-c]*,dog",
    "[]a],]",
    "[a-],-",
    "[-a],-",
    "[\\]],]",
    "\\*,*",
    "[*],*",
    "[A-Z],Q",
    "exact,exact"
  })
  void matches(String pattern, String name) {
    assertThat(NameGlob.parse(pattern).matches(name)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "*.py,a.pyc",
    "?.txt,ab.txt",
    "?,''",
    "[abc].c,d.c",
    "[^a-c]*,apple",
    "[!a-c]*,apple",
    "exact,Exact",
    "\\*,a",
    "a*b,a",
    "src/*.py,a.py",
    "a,ab"
  })
  void doesNotMatch(String pattern, String name) {
    assertThat(NameGlob.parse(pattern).matches(name)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "[a", "[]", "[^", "[a-", "\\", "a\\"})
  void refusesIncompletePatterns(String pattern) {
    assertThatThrownBy(() -> NameGlob.parse(pattern))
        .isInstanceOfSatisfying(
            OperationFailure.class,
            failure -> assertThat(failure.errorCode()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining("pattern");
  }

  @Test
  void matchesManyStarsInBoundedTime() {
    NameGlob glob = NameGlob.parse("*a".repeat(8_000) + "b");

    assertThat(glob.matches("a".repeat(255))).isFalse();
  }
}
