/// How our processes speak HTTP: starting a server, a table of operations, one place that turns
/// failures into answers, tunnels for upgraded connections. Entry types: {@link
/// dev.sandlot.http.server.HttpServer}, {@link dev.sandlot.http.OperationTable}, {@link
/// dev.sandlot.http.Exchange}. Helidon is hidden behind them.
@NullMarked
package dev.sandlot.http;

import org.jspecify.annotations.NullMarked;
