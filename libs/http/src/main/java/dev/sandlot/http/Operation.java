package dev.sandlot.http;

/// One operation, described once: what the contract calls it, how it is asked for, what it answers
/// when it succeeds, and what else its process must know before it serves it. Routing, access,
/// audit, metrics and the tests that walk the contract read this and nothing else.
///
/// @param <R> the process's rules: who may call, what the path names
/// @param id the `operationId` of the contract; a name of ours where the contract lacks the
///   operation
/// @param method "GET", "POST", …; "*" for any
/// @param success the status of an answer that says nothing else
public record Operation<R>(
    String id, String method, PathPattern path, int success, R rules, Endpoint endpoint) {}
