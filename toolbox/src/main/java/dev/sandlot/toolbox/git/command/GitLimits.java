package dev.sandlot.toolbox.git.command;

/// Limits of one run of git and of the fields of a call.
///
/// @param outputBytesMax of an answer that is held in memory; git is ended when it writes more
/// @param errorBytesMax of its messages that are kept: the last ones
/// @param messageCharactersMax of its messages in a failure's sentence
/// @param commitBytesMax of a commit, its message included
/// @param nameBytesMax of a branch, remote, revision, key, user name or password
/// @param urlCharactersMax of a remote's address
/// @param textCharactersMax of any other text of a call but a commit's message
/// @param entriesMax of a list: files, branches, remotes
/// @param entryBytesMax of one entry of a list; longer than any path
public record GitLimits(
    int outputBytesMax,
    int errorBytesMax,
    int messageCharactersMax,
    int commitBytesMax,
    int nameBytesMax,
    int urlCharactersMax,
    int textCharactersMax,
    int entriesMax,
    int entryBytesMax) {
  /// The limits of a server.
  public static final GitLimits STANDARD =
      new GitLimits(16 << 20, 64 << 10, 1_000, 4 << 20, 4_096, 8_192, 65_536, 100_000, 65_536);
}
