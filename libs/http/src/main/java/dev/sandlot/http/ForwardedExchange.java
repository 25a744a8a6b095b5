package dev.sandlot.http;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An exchange as whoever it is handed on to sees it: with headers of its own, and all the rest as
/// it came.
public class ForwardedExchange implements Exchange {
  private final Exchange exchange;
  private final List<Map.Entry<String, String>> headers;

  /// @param headers those that are seen, instead of the exchange's
  public ForwardedExchange(Exchange exchange, List<Map.Entry<String, String>> headers) {
    this.exchange = exchange;
    this.headers = List.copyOf(headers);
  }

  @Override
  public String method() {
    return exchange.method();
  }

  @Override
  public String rawPath() {
    return exchange.rawPath();
  }

  @Override
  public String rawQuery() {
    return exchange.rawQuery();
  }

  @Override
  public String pathParameter(String name) {
    return exchange.pathParameter(name);
  }

  @Override
  public Optional<String> query(String name) {
    return exchange.query(name);
  }

  @Override
  public List<String> queryAll(String name) {
    return exchange.queryAll(name);
  }

  @Override
  public Optional<String> header(String name) {
    return headers.stream()
        .filter(header -> header.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  @Override
  public List<Map.Entry<String, String>> headers() {
    return headers;
  }

  @Override
  public String remoteAddress() {
    return exchange.remoteAddress();
  }

  @Override
  public boolean clientGone() {
    return exchange.clientGone();
  }

  @Override
  public boolean secure() {
    return exchange.secure();
  }

  @Override
  public long contentLength() {
    return exchange.contentLength();
  }

  @Override
  public InputStream body() {
    return exchange.body();
  }

  @Override
  public byte[] bodyBytes(int bytesMax) {
    return exchange.bodyBytes(bytesMax);
  }

  @Override
  public <T> Optional<T> attribute(Class<T> type) {
    return exchange.attribute(type);
  }

  @Override
  public <T> void attribute(Class<T> type, T value) {
    exchange.attribute(type, value);
  }

  @Override
  public void pathParameters(Map<String, String> parameters) {
    exchange.pathParameters(parameters);
  }

  @Override
  public Exchange status(int status) {
    exchange.status(status);
    return this;
  }

  @Override
  public int status() {
    return exchange.status();
  }

  @Override
  public Exchange responseHeader(String name, String... values) {
    exchange.responseHeader(name, values);
    return this;
  }

  @Override
  public void send() {
    exchange.send();
  }

  @Override
  public void send(byte[] body) {
    exchange.send(body);
  }

  @Override
  public void sendJson(Object value) {
    exchange.sendJson(value);
  }

  @Override
  public void sendText(String text) {
    exchange.sendText(text);
  }

  @Override
  public OutputStream outputStream() {
    return exchange.outputStream();
  }

  @Override
  public boolean sent() {
    return exchange.sent();
  }

  @Override
  public void admit(boolean byName) {
    exchange.admit(byName);
  }

  @Override
  public void cut() {
    exchange.cut();
  }

  @Override
  public void abort() {
    exchange.abort();
  }
}
