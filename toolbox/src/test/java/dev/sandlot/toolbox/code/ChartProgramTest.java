package dev.sandlot.toolbox.code;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChartProgramTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "import matplotlib.pyplot as plt",
        "x = 1\n  import matplotlib",
        "import numpy as np, matplotlib.pyplot as plt",
        "from matplotlib import pyplot",
        "from matplotlib.figure import Figure",
        "plt = __import__('matplotlib.pyplot')",
        "import importlib; importlib.import_module(\"matplotlib\")",
        "import sys; sys.modules['matplotlib']",
        "# comment\nimport matplotlib"
      })
  void findsImports(String code) {
    assertThat(ChartProgram.mentionsImport(code)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# import matplotlib",
        "x = 1  # import matplotlib",
        "print('matplotlib')",
        "import matplotlib_like",
        "import pandas as pd",
        "matplotlib"
      })
  void ignoresTextsThatAreNoImport(String code) {
    assertThat(ChartProgram.mentionsImport(code)).isFalse();
  }

  @Test
  void scansLargeProgramsInLinearTime() {
    assertThat(ChartProgram.mentionsImport("matplotlib ".repeat(300_000))).isFalse();
    assertThat(ChartProgram.mentionsImport("import a, ".repeat(300_000) + "matplotlib")).isTrue();
  }

  @Test
  void usesAFreshTokenForEachRun() {
    ChartProgram one = ChartProgram.of("import matplotlib", 1 << 20).orElseThrow();
    ChartProgram other = ChartProgram.of("import matplotlib", 1 << 20).orElseThrow();

    assertThat(one.token()).isNotEqualTo(other.token()).hasSize(32);
    assertThat(one.text()).contains(one.token());
    assertThat(ChartProgram.of("import matplotlib", 100)).isEmpty();
  }
}
