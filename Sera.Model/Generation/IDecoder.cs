using System.Collections.Immutable;

namespace Sera.Model.Generation;

/// <summary>
/// Computes sequences side by side, a token at a time. A row is a sequence; rows are numbered from 0, and new ones come after those that are
/// there. Owns the keys and values; borrows the model.
/// </summary>
internal interface IDecoder : IDisposable
{
    /// <summary>Sequences held.</summary>
    int Rows { get; }

    /// <summary>How many threads may read logits at once.</summary>
    int Threads { get; }

    /// <summary>Computes prompts, each once, and begins as many sequences with it as it has samples.</summary>
    /// <param name="read">Given the logits of the first token of every new row.</param>
    void Admit(IReadOnlyList<(ImmutableArray<int> Prompt, int Samples)> prompts, LogitsReader read);

    /// <summary>One more token in every row.</summary>
    /// <param name="tokens">A row each.</param>
    /// <param name="read">Given the logits of the token after, for every row.</param>
    void Decode(ReadOnlySpan<int> tokens, LogitsReader read);

    /// <summary>Only these rows go on, in this order, numbered anew.</summary>
    /// <param name="rows">Rising.</param>
    void Keep(ReadOnlySpan<int> rows);
}

/// <summary>Reads the logits of a row, maybe while others are read by other threads.</summary>
/// <param name="thread">0 .. Threads - 1, for scratch of one's own.</param>
/// <param name="logits">[vocabulary] fp32, valid during the call.</param>
internal delegate void LogitsReader(int row, int thread, ReadOnlySpan<float> logits);
