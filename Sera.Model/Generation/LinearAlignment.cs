using System.Collections.Immutable;
using Sera.Model.Data;

namespace Sera.Model.Generation;

/// <summary>
/// Linear Alignment (arXiv 2401.11458, its authors' code): l_p + k (l_p - l_0), the logits with a principle in the prompt moved further away from those
/// without. Two decoders side by side, given the same tokens; nothing is trained. Twice the time and memory of one.
/// </summary>
/// <param name="principled">Owned.</param>
/// <param name="plain">Owned; as many rows as the other one.</param>
/// <param name="principle">What the prompts of the request have in front, and the plain ones have not.</param>
/// <param name="strength">k, at least 0; at 0 the plain logits do not count.</param>
internal sealed class LinearAlignment(IDecoder principled, IDecoder plain, PromptPrefixRow principle, double strength) : IDecoder
{
    private readonly float[][] _combined = new float[principled.Threads][];
    private float[][] _plain = [];

    public int Rows => principled.Rows;

    public int Threads => principled.Threads;

    /// <summary>l_p + k (l_p - l_0), a token each.</summary>
    public static void Combine(ReadOnlySpan<float> withPrinciple, ReadOnlySpan<float> without, double strength, Span<float> into)
    {
        var k = (float)strength;
        for (var i = 0; i < into.Length; i++) into[i] = withPrinciple[i] + k * (withPrinciple[i] - without[i]);
    }

    public void Admit(IReadOnlyList<(ImmutableArray<int> Prompt, int Samples)> prompts, LogitsReader read)
    {
        _plain = new float[Rows + prompts.Sum(prompt => prompt.Samples)][];
        plain.Admit([.. prompts.Select(prompt => (principle.WithoutFrom(prompt.Prompt), prompt.Samples))], Remember);
        principled.Admit(prompts, Moved(read));
    }

    public void Decode(ReadOnlySpan<int> tokens, LogitsReader read)
    {
        _plain = new float[Rows][];
        plain.Decode(tokens, Remember);
        principled.Decode(tokens, Moved(read));
    }

    public void Keep(ReadOnlySpan<int> rows)
    {
        plain.Keep(rows);
        principled.Keep(rows);
    }

    public void Dispose()
    {
        principled.Dispose();
        plain.Dispose();
    }

    // A row is read by one thread, so no two write the same place.
    private void Remember(int row, int thread, ReadOnlySpan<float> logits) => _plain[row] = logits.ToArray();

    private LogitsReader Moved(LogitsReader read) => (row, thread, logits) =>
    {
        var combined = _combined[thread] ??= new float[logits.Length];
        Combine(logits, _plain[row], strength, combined);
        read(row, thread, combined);
    };
}
