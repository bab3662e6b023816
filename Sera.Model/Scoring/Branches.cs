using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Model.Scoring;

/// <summary>A prompt and some consecutive responses of its group: what stands together in a row, the prompt once.</summary>
/// <param name="Group">Index of the group.</param>
/// <param name="First">First response.</param>
public readonly record struct Branches(int Group, int First, int Count)
{
    // Attention grows with the square of a row, so a group with many responses is cut: its prompt is then computed more than once.
    private const int LongestShared = 1024;

    /// <summary>Positions it takes: the prompt, and every response without its last token, which predicts nothing.</summary>
    public int Length(TokenGroup group) => group.Prompt.Length + Enumerable.Range(First, Count).Sum(i => Math.Max(0, group.Responses[i].Length - 1));

    /// <summary>A group as one or more pieces of at most <paramref name="limit"/> positions, or one response each where that is longer.</summary>
    public static ImmutableArray<Branches> Cut(TokenGroup group, int index, int limit)
    {
        limit = Math.Min(limit, LongestShared);
        var pieces = ImmutableArray.CreateBuilder<Branches>();
        var piece = new Branches(index, 0, 0);
        for (var i = 0; i < group.Responses.Length; i++)
        {
            var grown = piece with { Count = piece.Count + 1 };
            if (piece.Count > 0 && grown.Length(group) > limit)
            {
                pieces.Add(piece);
                grown = new Branches(index, i, 1);
            }
            piece = grown;
        }
        if (piece.Count > 0) pieces.Add(piece);
        return pieces.ToImmutable();
    }
}
