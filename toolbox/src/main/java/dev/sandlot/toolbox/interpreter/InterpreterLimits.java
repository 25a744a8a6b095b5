package dev.sandlot.toolbox.interpreter;

import java.time.Duration;

/// Limits of the interpreter.
///
/// @param contextsMax of one sandbox, without the built-in one
/// @param queueMax executions that wait for one context
/// @param requestBytesMax of the message that asks for an execution
/// @param codeBytesMax of the code in it
/// @param requestWaitMax how long a client may take to send it
/// @param timeoutDefault of an execution that names none
/// @param interruptGrace between the interrupt and the kill of an execution whose time is over
/// @param earlierGrace how long an execution begun before a restart of the server may block others
///   after its deadline
/// @param outputKeptBytes of each stream on the sandbox's disk: how far a client may be behind
/// @param messageCharactersMax of output in one message
/// @param frameBytesMax of one frame of the worker
/// @param errorCharactersMax of an exception's name, value or traceback
record InterpreterLimits(
    int contextsMax,
    int queueMax,
    int requestBytesMax,
    int codeBytesMax,
    Duration requestWaitMax,
    Duration timeoutDefault,
    Duration interruptGrace,
    Duration earlierGrace,
    long outputKeptBytes,
    int messageCharactersMax,
    int frameBytesMax,
    int errorCharactersMax) {
  /// The limits of a server.
  static final InterpreterLimits STANDARD =
      new InterpreterLimits(
          100,
          256,
          8 << 20,
          4_000_000,
          Duration.ofSeconds(60),
          Duration.ofSeconds(600),
          Duration.ofSeconds(2),
          Duration.ofSeconds(30),
          64L << 20,
          1_024,
          16 << 10,
          300_000);
}
