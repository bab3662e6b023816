using CsCheck;
using Sera.Model.Models;
using Xunit;

namespace Sera.Model.Tests.Models;

public sealed class SegmentsTests
{
    /// <summary>Which packed tokens each query sees within a window: of all it sees, those last in its own sequence; and no key is kept that no query sees.</summary>
    [Fact]
    public void Within_a_window_a_query_sees_the_last_of_what_it_saw() =>
        Gen.Select(Gen.Select(Gen.Int[1, 400], Gen.Int[0, 330].Array[0, 3]).Array[1, 3], Gen.Int[1, 450]).Sample(
            (groups, window) =>
            {
                var builder = new SegmentBuilder();
                foreach (var (prompt, branches) in groups) builder.Add(prompt, branches);
                foreach (var segment in builder.Build())
                {
                    var within = segment.Within(window);
                    Assert.Equal((segment.First, segment.Count), (within.First, within.Count));
                    Assert.Equal(within.Visible.Keys, within.PrefixCount + within.OwnCount);
                    var (before, after) = (Seen(segment), Seen(within));
                    for (var q = 0; q < segment.Count; q++) Assert.Equal(before[q].TakeLast(window), after[q]);
                    if (!ReferenceEquals(segment, within)) Assert.Contains(after, seen => seen[0] == (within.PrefixCount > 0 ? within.PrefixFirst : within.OwnFirst));
                }
            },
            iter: 200);

    /// <summary>Places of packed tokens, in the order of the sequence.</summary>
    private static List<int>[] Seen(Segment segment) => [.. Enumerable.Range(0, segment.Count).Select(q =>
    {
        var runs = segment.Visible.Runs.AsSpan(4 * q, 4);
        List<int> seen = [];
        for (var run = 0; run < 4; run += 2)
        {
            for (var key = runs[run]; key < runs[run + 1]; key++)
                seen.Add(key < segment.PrefixCount ? segment.PrefixFirst + key : segment.OwnFirst + key - segment.PrefixCount);
        }
        return seen;
    })];
}
