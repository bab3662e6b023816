using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// A segment of a response that is drawn anew: what is before it stays, and what is after it too, unless the new segment ends the response (SAPO, arXiv
/// 2405.20830). The new segment replaces as many tokens as it has.
/// </summary>
/// <param name="Response">As it was, at least one token.</param>
/// <param name="From">Tokens that stay before the segment, 0 .. n - 1.</param>
public sealed record ResampledSegment(ImmutableArray<int> Response, int From)
{
    /// <summary>Every token of the response is as likely to be the first of the segment.</summary>
    /// <param name="seed">Of this round's segments.</param>
    public static ResampledSegment Draw(ImmutableArray<int> response, ulong seed, string pairId)
    {
        var random = new SeededRandom(SeedTree.Child(SeedTree.Child(seed, "from"), pairId));
        return new ResampledSegment(response, random.NextBelow(response.Length));
    }

    public ImmutableArray<int> Head => Response[..From];

    /// <summary>The response with the new segment.</summary>
    /// <param name="cut">The segment was ended by its length and not by itself.</param>
    /// <returns>Its tokens, and whether it ends without an end.</returns>
    public (ImmutableArray<int> Tokens, bool Truncated) Splice(ImmutableArray<int> segment, bool cut)
    {
        var end = From + segment.Length;
        return cut && end < Response.Length ? ([.. Head, .. segment, .. Response[end..]], false) : ([.. Head, .. segment], cut);
    }
}
