package dev.sandlot.runner.toolbox.git;

/// How much one run of git may say, and how much a caller may hand to it.
///
/// @param outputBytesMax of an answer that is held in memory; git is ended when it writes more
/// @param errorBytesMax of its messages that are kept: the last ones
/// @param wordsCharactersMax of its messages that a failure tells
/// @param fieldBytesMax of one field of a commit
/// @param nameBytesMax of a branch, remote, revision, key, user name or password
record GitLimits(
    int outputBytesMax,
    int errorBytesMax,
    int wordsCharactersMax,
    int fieldBytesMax,
    int nameBytesMax) {
  /// What serves.
  static final GitLimits STANDARD = new GitLimits(16 << 20, 64 << 10, 1_000, 4 << 20, 4_096);
}
