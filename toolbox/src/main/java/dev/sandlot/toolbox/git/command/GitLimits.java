package dev.sandlot.toolbox.git.command;

/// How much one run of git may say, and how much a caller may hand to it.
///
/// @param outputBytesMax of an answer that is held in memory; git is ended when it writes more
/// @param errorBytesMax of its messages that are kept: the last ones
/// @param wordsCharactersMax of its messages that a failure tells
/// @param commitBytesMax of a commit, its message included
/// @param nameBytesMax of a branch, remote, revision, key, user name or password
/// @param urlCharactersMax of a remote's address
/// @param textCharactersMax of any other text of a call but a commit's message
/// @param entriesMax of a list: files, branches, remotes
/// @param entryBytesMax of one of them; no path is as long
public record GitLimits(
    int outputBytesMax,
    int errorBytesMax,
    int wordsCharactersMax,
    int commitBytesMax,
    int nameBytesMax,
    int urlCharactersMax,
    int textCharactersMax,
    int entriesMax,
    int entryBytesMax) {
  /// What serves.
  public static final GitLimits STANDARD =
      new GitLimits(16 << 20, 64 << 10, 1_000, 4 << 20, 4_096, 8_192, 65_536, 100_000, 65_536);
}
