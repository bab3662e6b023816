using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Model.Scoring;

/// <summary>A prompt and some consecutive responses of its group: what is computed together, the prompt once.</summary>
/// <param name="Group">Index of the group.</param>
/// <param name="First">First response.</param>
public readonly record struct Branches(int Group, int First, int Count)
{
    /// <summary>Positions it takes: the prompt, and every response without its last token, which predicts nothing.</summary>
    public int Length(TokenGroup group) => group.Prompt.Length + Enumerable.Range(First, Count).Sum(i => Math.Max(0, group.Responses[i].Length - 1));

    /// <summary>All groups in batches of at most <paramref name="batchTokens"/> positions, in their order; what is longer by itself stands alone.</summary>
    public static ImmutableArray<ImmutableArray<Branches>> Batches(IReadOnlyList<TokenGroup> groups, int batchTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchTokens);
        var batches = ImmutableArray.CreateBuilder<ImmutableArray<Branches>>();
        var batch = ImmutableArray.CreateBuilder<Branches>();
        var held = 0L;
        foreach (var piece in groups.SelectMany((group, i) => Cut(group, i, batchTokens)))
        {
            var length = piece.Length(groups[piece.Group]);
            if (batch.Count > 0 && held + length > batchTokens)
            {
                batches.Add(batch.DrainToImmutable());
                held = 0;
            }
            batch.Add(piece);
            held += length;
        }
        if (batch.Count > 0) batches.Add(batch.DrainToImmutable());
        return batches.ToImmutable();
    }

    /// <summary>A group as one or more pieces of at most <paramref name="limit"/> positions, or one response each where that is longer.</summary>
    private static IEnumerable<Branches> Cut(TokenGroup group, int index, int limit)
    {
        var piece = new Branches(index, 0, 0);
        for (var i = 0; i < group.Responses.Length; i++)
        {
            var grown = piece with { Count = piece.Count + 1 };
            if (piece.Count > 0 && grown.Length(group) > limit)
            {
                yield return piece;
                grown = new Branches(index, i, 1);
            }
            piece = grown;
        }
        if (piece.Count > 0) yield return piece;
    }
}
