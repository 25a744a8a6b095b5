package dev.sandlot.agentclient.process;

import java.util.function.BooleanSupplier;

/// Where a run's two outputs go, and whether its caller still waits.
///
/// @param abandoned asked about once a second while the process is silent: whether no caller waits
///   for it any more
public record RunSinks(OutputSink output, OutputSink error, BooleanSupplier abandoned) {}
