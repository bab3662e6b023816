using System.Collections.Immutable;
using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class ResampledSegmentTests
{
    private static readonly ImmutableArray<int> Response = [10, 11, 12, 13, 14, 2];

    [Fact]
    public void A_segment_that_was_cut_is_followed_by_the_rest_of_the_original()
    {
        var segment = new ResampledSegment(Response, 2);
        Assert.Equal([10, 11], segment.Head.AsEnumerable());
        Check([10, 11, 90, 91, 14, 2], false, segment.Splice([90, 91], cut: true));
    }

    [Fact]
    public void A_segment_that_ended_ends_the_response() =>
        Check([10, 11, 90, 2], false, new ResampledSegment(Response, 2).Splice([90, 2], cut: false));

    [Fact]
    public void A_cut_segment_that_reaches_the_end_of_the_original_leaves_a_response_without_an_end()
    {
        Check([10, 11, 12, 13, 90, 91], true, new ResampledSegment(Response, 4).Splice([90, 91], cut: true));
        Check([90], true, new ResampledSegment([10], 0).Splice([90], cut: true));
    }

    [Fact]
    public void Every_place_is_drawn_and_none_beyond_the_response()
    {
        int[] drawn = [.. Enumerable.Range(0, 300).Select(i => ResampledSegment.Draw(Response, 7, $"p{i}").From)];
        Assert.Equal([0, 1, 2, 3, 4, 5], drawn.Distinct().Order());
        Assert.Equal(drawn, Enumerable.Range(0, 300).Select(i => ResampledSegment.Draw(Response, 7, $"p{i}").From));
        Assert.NotEqual(drawn, Enumerable.Range(0, 300).Select(i => ResampledSegment.Draw(Response, 8, $"p{i}").From));
    }

    [Fact]
    public void A_response_never_grows_by_a_segment_that_it_has_room_for() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[0, 1000], Gen.Int[1, 20], Gen.Bool).Sample((length, seed, drawn, cut) =>
        {
            var segment = ResampledSegment.Draw([.. Enumerable.Range(0, length)], (ulong)seed, "p");
            var (tokens, _) = segment.Splice([.. Enumerable.Repeat(99, drawn)], cut);
            Assert.Equal(segment.Head.AsEnumerable(), tokens[..segment.From]);
            Assert.Equal(cut ? Math.Max(length, segment.From + drawn) : segment.From + drawn, tokens.Length);
        });

    private static void Check(ImmutableArray<int> tokens, bool truncated, (ImmutableArray<int> Tokens, bool Truncated) found)
    {
        Assert.Equal(tokens.AsEnumerable(), found.Tokens);
        Assert.Equal(truncated, found.Truncated);
    }
}
