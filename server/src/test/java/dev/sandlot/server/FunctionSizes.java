package dev.sandlot.server;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// How long functions are. Java is parsed by its compiler. The other languages' formats, which are
/// checked elsewhere, put the line that ends a function as far out as the one that begins it.
final class FunctionSizes {
  private static final Pattern RUST =
      Pattern.compile("( *)(?:pub(?:\\([^)]*\\))? )?(?:(?:const|async|unsafe) )*fn (\\w+).*[^;}]");
  private static final Pattern SHELL = Pattern.compile("()(\\w+)\\(\\) [{(]");
  private static final Pattern PYTHON = Pattern.compile("( *)(?:async )?def (\\w+).*");
  private static final Pattern JAVASCRIPT =
      Pattern.compile("( *)(?:export )?(?:async )?function (\\w+).*\\{");

  /// A function and how many lines it takes, its first and last line included.
  record Function(Path file, String name, int lines) {
    @Override
    public String toString() {
      return file + " " + name;
    }
  }

  private FunctionSizes() {}

  static List<Function> in(List<Path> files) throws IOException {
    List<Function> all = new ArrayList<>();
    all.addAll(java(files.stream().filter(file -> file.toString().endsWith(".java")).toList()));
    for (Path file : files) {
      String name = file.toString();
      List<String> lines = SourceTree.lines(file);
      if (name.endsWith(".rs")) {
        all.addAll(braced(file, lines, RUST));
      } else if (name.endsWith(".py")) {
        all.addAll(indented(file, lines));
      } else if (name.endsWith(".mjs")) {
        all.addAll(braced(file, lines, JAVASCRIPT));
      } else if (!name.endsWith(".java")) {
        all.addAll(braced(file, lines, SHELL));
      }
    }
    return all;
  }

  private static List<Function> braced(Path file, List<String> lines, Pattern beginning) {
    List<Function> found = new ArrayList<>();
    for (int first = 0; first < lines.size(); first++) {
      Matcher matcher = beginning.matcher(lines.get(first));
      if (matcher.matches()) {
        int last = first + 1;
        while (last < lines.size() && !lines.get(last).matches(matcher.group(1) + "[})]")) {
          last++;
        }
        found.add(new Function(file, matcher.group(2), last - first + 1));
      }
    }
    return found;
  }

  private static List<Function> indented(Path file, List<String> lines) {
    List<Function> found = new ArrayList<>();
    for (int first = 0; first < lines.size(); first++) {
      Matcher matcher = PYTHON.matcher(lines.get(first));
      if (matcher.matches()) {
        int last = first;
        for (int line = first + 1; line < lines.size(); line++) {
          String text = lines.get(line).stripLeading();
          int indent = lines.get(line).length() - text.length();
          if (!text.isEmpty() && indent <= matcher.end(1) && !text.startsWith(")")) {
            break;
          }
          last = text.isEmpty() ? last : line;
        }
        found.add(new Function(file, matcher.group(2), last - first + 1));
      }
    }
    return found;
  }

  private static List<Function> java(List<Path> files) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<Function> found = new ArrayList<>();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  null,
                  List.of(),
                  null,
                  manager.getJavaFileObjectsFromPaths(
                      files.stream().map(SourceTree.ROOT::resolve).toList()));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        Path file = SourceTree.ROOT.relativize(Path.of(unit.getSourceFile().getName()));
        LineMap map = unit.getLineMap();
        new TreePathScanner<@Nullable Void, @Nullable Void>() {
          @Override
          public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
            long begin = positions.getStartPosition(unit, method);
            long end = positions.getEndPosition(unit, method);
            if (end >= 0) {
              long lines = map.getLineNumber(end) - map.getLineNumber(begin) + 1;
              found.add(new Function(file, method.getName().toString(), (int) lines));
            }
            return super.visitMethod(method, nothing);
          }
        }.scan(unit, null);
      }
    }
    return found;
  }
}
