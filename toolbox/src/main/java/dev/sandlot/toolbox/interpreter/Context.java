package dev.sandlot.toolbox.interpreter;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// One context, read from the labels of its process.
///
/// @param id the id for clients
/// @param workingDirectory in which it was started
/// @param createdAt of the context; kept when its process is started again
/// @param token that marks the frames of its process
/// @param alive whether its process runs
record Context(
    String id,
    ContextLanguage language,
    String workingDirectory,
    Instant createdAt,
    String token,
    boolean alive) {
  /// The id of the context that exists without having been created.
  static final String BUILT_IN = "default";

  /// The label of all processes of contexts.
  static final Map<String, String> KIND = Map.of("sandlot.kind", "interpreter");

  /// On a process: the deadline of its last execution, in milliseconds since 1970.
  static final String DEADLINE = "sandlot.deadline";

  private static final String PROCESS_PREFIX = "interpreter:";
  private static final String LANGUAGE = "sandlot.language";
  private static final String DIRECTORY = "sandlot.directory";
  private static final String CREATED = "sandlot.created";
  private static final String TOKEN = "sandlot.token";
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");
  private static final Pattern TOKEN_FORM = Pattern.compile("[0-9a-f]{32}");
  private static final SecureRandom RANDOM = new SecureRandom();

  /// A context whose process is yet to be started.
  static Context planned(String id, ContextLanguage language, String workingDirectory) {
    byte[] token = new byte[16];
    RANDOM.nextBytes(token);
    return new Context(
        id, language, workingDirectory, Instant.now(), HexFormat.of().formatHex(token), false);
  }

  /// Reads a process's labels; empty when they are not those of a context.
  static Optional<Context> of(ProcessStatus process) {
    String id =
        process.id().startsWith(PROCESS_PREFIX)
            ? process.id().substring(PROCESS_PREFIX.length())
            : "";
    String token = process.label(TOKEN);
    Optional<ContextLanguage> language = ContextLanguage.of(process.label(LANGUAGE));
    if (!known(id) || language.isEmpty() || !TOKEN_FORM.matcher(token).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new Context(
            id,
            language.get(),
            process.label(DIRECTORY),
            created(process),
            token,
            process.running()));
  }

  private static Instant created(ProcessStatus process) {
    try {
      return Instant.parse(process.label(CREATED));
    } catch (DateTimeParseException _) {
      return process.startedAt();
    }
  }

  /// Whether this is a valid id.
  static boolean known(String id) {
    return ID.matcher(id).matches();
  }

  static String process(String id) {
    return PROCESS_PREFIX + id;
  }

  String process() {
    return process(id);
  }

  boolean builtIn() {
    return id.equals(BUILT_IN);
  }

  /// The request that starts its process.
  ProcessStart start(String interpreter, InterpreterLimits limits) {
    ProcessStart start =
        ProcessStart.of(process(), language.command(interpreter, token))
            .keepInputOpen()
            .workingDirectory(workingDirectory)
            .keepBytes(limits.outputKeptBytes())
            .label(LANGUAGE, language.wireName())
            .label(DIRECTORY, workingDirectory)
            .label(CREATED, createdAt.toString())
            .label(TOKEN, token);
    KIND.forEach(start::label);
    return start;
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("cwd", workingDirectory);
    json.put("createdAt", createdAt.toString());
    json.put("active", alive);
    json.put("language", language.wireName());
    return json;
  }

  /// Leaves out the token, which is secret.
  @Override
  public String toString() {
    return "Context[id=" + id + ", language=" + language + ", alive=" + alive + "]";
  }
}
