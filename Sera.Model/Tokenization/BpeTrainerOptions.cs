using System.Collections.Immutable;

namespace Sera.Model.Tokenization;

/// <param name="VocabularySize">Tokens in all: the special ones, the 256 bytes, the merges.</param>
/// <param name="EosToken">Ends a text.</param>
/// <param name="BosToken">Put before every text by the post-processor; null for none. May be the same as <paramref name="EosToken"/>.</param>
/// <param name="OtherSpecialTokens">Further tokens that are never split and never shown.</param>
public sealed record BpeTrainerOptions(int VocabularySize, string EosToken, string? BosToken, ImmutableArray<string> OtherSpecialTokens);
