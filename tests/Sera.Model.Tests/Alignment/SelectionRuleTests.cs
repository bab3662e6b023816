using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class SelectionRuleTests
{
    // Few distinct values, so that ties happen, and some that are not finite.
    private static readonly Gen<double[]> Margins =
        Gen.OneOf(-2.5, -1, 0, 0.25, 1, 3, double.NaN, double.PositiveInfinity, double.NegativeInfinity).Array[1, 40];

    private static readonly Gen<SelectionOptions> AnyRule = Gen.Select(
        Gen.OneOf(SelectionRules.All.ToArray()), Gen.Double[0.01, 1], Gen.Int[0, 45], Gen.OneOf(-3.0, 0, 0.25, 5),
        (rule, keep, pairs, least) => rule.ByThreshold
            ? new SelectionOptions(keep, 0, Rule: rule.Name, Threshold: least)
            : new SelectionOptions(keep, 0, pairs, rule.Name));

    /// <summary>K = 2 of a 0.5, b -1, c 2, d 0.5 and e, which is not a number.</summary>
    [Theory]
    [InlineData("top", null, "c a")]
    [InlineData("bottom", null, "b a")]
    [InlineData("threshold", 0.5, "c a d")]
    [InlineData("threshold", 2.5, "")]
    public void What_is_kept_by_hand(string rule, double? threshold, string kept)
    {
        var options = new SelectionOptions(1, 0, threshold is null ? 2 : 0, rule, threshold);
        Assert.Equal(kept, string.Join(' ', Kept(Ids(5), [0.5, -1, 2, 0.5, double.NaN], options, 0)));
    }

    [Fact]
    public void Drawn_are_those_with_the_smallest_seeds()
    {
        var expected = Ids(9).OrderBy(id => SeedTree.Child(77, id)).Take(4);
        Assert.Equal(expected, Kept(Ids(9), [9, 8, 7, 6, 5, 4, 3, 2, 1], new SelectionOptions(1, 0, 4, "random"), 77));
    }

    [Fact]
    public void The_order_of_the_input_matters_to_no_rule() => Gen.Select(Margins, AnyRule, Gen.ULong).Sample((margins, options, seed) =>
    {
        var ids = Ids(margins.Length);
        var order = Enumerable.Range(0, margins.Length).ToArray();
        new SeededRandom(seed).Shuffle<int>(order);
        string[] permuted = [.. order.Select(i => ids[i])];
        Assert.Equal(Kept(ids, margins, options, seed), Kept(permuted, [.. order.Select(i => margins[i])], options, seed));
    });

    [Fact]
    public void A_margin_that_is_not_finite_is_counted_and_never_kept() => Gen.Select(Margins, AnyRule, Gen.ULong).Sample((margins, options, seed) =>
    {
        var result = MarginSelection.Select(Ids(margins.Length), margins, options, seed);
        Assert.All(result.Selected, i => Assert.True(double.IsFinite(margins[i])));
        Assert.Equal(margins.Count(m => !double.IsFinite(m)), result.NonFinite);
        Assert.Equal(result.Selected.Length, result.Selected.Distinct().Count());
    });

    [Fact]
    public void Keeping_all_is_no_selection_whatever_the_rule() => Gen.Select(Margins, AnyRule, Gen.Bool).Sample((margins, options, count) =>
    {
        var all = options.Threshold is not null ? options with { Threshold = double.MinValue }
            : count ? options with { KeepPairs = margins.Length } : options with { Keep = 1, KeepPairs = 0 };
        var selected = MarginSelection.Select(Ids(margins.Length), margins, all, 5).Selected;
        Assert.Equal(Enumerable.Range(0, margins.Length).Where(i => double.IsFinite(margins[i])), selected.Order());
    });

    [Fact]
    public void A_count_keeps_so_many_or_all_there_are() => Gen.Select(Margins, Gen.Int[1, 45], AnyRule).Sample((margins, pairs, options) =>
    {
        if (options.Threshold is not null) return;
        var selected = MarginSelection.Select(Ids(margins.Length), margins, options with { KeepPairs = pairs }, 5).Selected;
        Assert.Equal(Math.Min(pairs, margins.Count(double.IsFinite)), selected.Length);
    });

    [Fact]
    public void Bottom_is_top_of_the_negated_margins() => Gen.Select(Margins, Gen.Double[0.01, 1]).Sample((margins, keep) => Assert.Equal(
        Kept(Ids(margins.Length), [.. margins.Select(m => -m)], new SelectionOptions(keep, 0), 0),
        Kept(Ids(margins.Length), margins, new SelectionOptions(keep, 0, Rule: "bottom"), 0)));

    [Fact]
    public void The_threshold_parts_what_reaches_it_from_what_does_not() => Gen.Select(Margins, Gen.OneOf(-3.0, 0, 0.25, 5)).Sample((margins, least) =>
        Assert.Equal(
            Enumerable.Range(0, margins.Length).Where(i => double.IsFinite(margins[i]) && margins[i] >= least),
            MarginSelection.Select(Ids(margins.Length), margins, new SelectionOptions(1, 0, Rule: "threshold", Threshold: least), 0).Selected.Order()));

    [Fact]
    public void A_draw_is_made_by_seed_and_id_alone_and_reads_no_margin() =>
        Gen.Select(Gen.Double[-9, 9].Array[1, 30], Gen.ULong, Gen.Double[0.01, 1]).Sample((margins, seed, keep) =>
        {
            var options = new SelectionOptions(keep, 0, Rule: "random");
            Assert.Equal(Kept(Ids(margins.Length), margins, options, seed), Kept(Ids(margins.Length), [.. margins.Select(m => 1 - m)], options, seed));
        });

    [Fact]
    public void Over_many_seeds_each_is_drawn_as_often()
    {
        var options = new SelectionOptions(1, 0, 3, "random");
        var draws = Enumerable.Range(0, 4000).SelectMany(seed => Kept(Ids(10), new double[10], options, (ulong)seed)).CountBy(id => id).ToArray();
        // 4000 draws of 3 in 10: 1200 each, standard deviation 29.
        Assert.Equal(10, draws.Length);
        Assert.All(draws, d => Assert.InRange(d.Value, 1080, 1320));
    }

    [Fact]
    public void A_rule_has_a_name_of_its_own_and_an_unknown_one_is_refused()
    {
        Assert.Equal(SelectionRules.All.Length, SelectionRules.All.Select(r => r.Name).Distinct().Count());
        Assert.Equal(SelectionRules.All.Length, SelectionRules.All.Select(r => r.LeftOut).Distinct().Count());
        Assert.Equal("top", SelectionRules.Of(new SelectionOptions(1, 0)).Name);
        Assert.Throws<ArgumentException>(() => SelectionRules.Of(new SelectionOptions(1, 0, Rule: "Top")));
    }

    private static IEnumerable<string> Kept(string[] ids, double[] margins, SelectionOptions options, ulong seed) =>
        MarginSelection.Select(ids, margins, options, seed).Selected.Select(i => ids[i]);

    private static string[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => count <= 26 ? $"{(char)('a' + i)}" : $"p{i}")];
}
