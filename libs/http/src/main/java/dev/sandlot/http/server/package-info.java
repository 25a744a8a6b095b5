/// The HTTP server on Helidon, and what stands between it and a client's bytes: limits of
/// connections, and framing as strict as RFC 9112 allows. {@link
/// dev.sandlot.http.server.HttpServer} starts one for each port of a process.
@NullMarked
package dev.sandlot.http.server;

import org.jspecify.annotations.NullMarked;
