using System.Collections.Immutable;

namespace Sera.Model.Tokenization;

/// <summary>Text to token ids and back, exactly as the policy was trained. Immutable, safe for many threads.</summary>
public interface ITextTokenizer
{
    int VocabularySize { get; }

    /// <summary>Beginning-of-sequence id that the tokenizer's post-processor puts before a text; null where it puts none.</summary>
    int? BosId { get; }

    /// <summary>End-of-sequence id; null where the folder names none.</summary>
    int? EosId { get; }

    /// <summary>Ids that end a response: the end-of-sequence id and what the model's own configuration adds to it.</summary>
    ImmutableArray<int> StopIds => EosId is { } id ? [id] : [];

    /// <summary>A text from its beginning: post-processor's special ids included.</summary>
    int[] Encode(string text);

    /// <summary>A text that goes on from a prompt: no special ids, no prefix space or other mark that only a beginning gets.</summary>
    int[] EncodeContinuation(string text);

    /// <summary>Text of the ids, special ids left out; broken UTF-8 becomes U+FFFD.</summary>
    string Decode(ReadOnlySpan<int> ids, bool continuation);
}
