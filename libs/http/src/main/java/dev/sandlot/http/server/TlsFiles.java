package dev.sandlot.http.server;

import java.nio.file.Path;

/// Where a server's certificate is.
///
/// @param certificate PEM file with the chain, the server's first
/// @param key PEM file with the private key, PKCS #8, not encrypted
public record TlsFiles(Path certificate, Path key) {}
