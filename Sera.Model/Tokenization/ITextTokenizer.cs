using System.Collections.Immutable;
using Sera.Model.Tokenization.Chat;

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

    /// <summary>How the model wants conversations written; null where its folder has no chat template.</summary>
    /// <exception cref="Data.InputException">The folder has one that cannot be read or is not supported.</exception>
    ChatTemplate? Chat => null;

    /// <summary>A text from its beginning that holds its special tokens already, as a chat template writes it: none are added.</summary>
    int[] EncodeRendered(string text) => EncodeContinuation(text);

    /// <summary>A text from its beginning: post-processor's special ids included.</summary>
    int[] Encode(string text);

    /// <summary>A text that goes on from a prompt: no special ids, no prefix space or other mark that only a beginning gets.</summary>
    int[] EncodeContinuation(string text);

    /// <summary>Whether an id is of a special token, which decoded texts leave out.</summary>
    bool IsSpecial(int id) => id == BosId || id == EosId;

    /// <summary>The name that the vocabulary has for an id, special or not; null where it has none.</summary>
    string? NameOf(int id) => null;

    /// <summary>Text of the ids, special ids left out; broken UTF-8 becomes U+FFFD.</summary>
    string Decode(ReadOnlySpan<int> ids, bool continuation);
}
