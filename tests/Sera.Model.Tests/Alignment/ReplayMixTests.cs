using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class ReplayMixTests
{
    // 10 / (10 + 10) = 0.5; 30 / (30 + 10) = 0.75; 2.5 to even.
    [Theory]
    [InlineData(10, 0.5, 10)]
    [InlineData(10, 0.75, 30)]
    [InlineData(10, 0.2, 2)]
    [InlineData(0, 0.5, 0)]
    public void So_many_that_they_are_the_share_of_all(int bootstrapped, double share, int expected) =>
        Assert.Equal(expected, ReplayMix.CountBeside(bootstrapped, share));

    [Fact]
    public void Pairs_of_a_bootstrapped_prompt_are_left_out_and_the_others_drawn()
    {
        var filters = ReplayMix.Draw([("a", true), ("b", false), ("c", true), ("d", true)], 2, 7);
        Assert.Equal("same-prompt", filters[1]);
        Assert.Equal(2, filters.Count(f => f is null));
        Assert.Single(filters, f => f == "not-drawn");
        // Where there are too few, all of them.
        Assert.Equal(new[] { null, "same-prompt" }, ReplayMix.Draw([("a", true), ("b", false)], 5, 7).ToArray());
    }

    [Fact]
    public void A_draw_depends_on_the_seed_and_not_on_the_order() => Gen.Select(Gen.Int[1, 40], Gen.Int[0, 20], Gen.ULong).Sample((n, count, seed) =>
    {
        (string, bool)[] pairs = [.. Enumerable.Range(0, n).Select(i => ($"p{i}", i % 3 > 0))];
        (string, bool)[] turned = [.. pairs.Reverse()];
        Assert.Equal(Drawn(pairs), Drawn(turned));
        Assert.Equal(Math.Min(count, pairs.Count(p => p.Item2)), Drawn(pairs).Length);

        string[] Drawn((string, bool)[] of) => [.. ReplayMix.Draw(of, count, seed).Select((f, i) => (f, of[i].Item1)).Where(x => x.f is null).Select(x => x.Item2).Order()];
    });
}
