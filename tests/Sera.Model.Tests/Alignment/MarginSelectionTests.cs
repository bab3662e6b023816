using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class MarginSelectionTests
{
    // Few distinct values, so that ties happen, and some that are not finite.
    private static readonly Gen<double[]> WithTies =
        Gen.OneOf(-2.5, -1, 0, 0.25, 1, 3, double.NaN, double.PositiveInfinity, double.NegativeInfinity).Array[1, 40];

    private static readonly Gen<double> Keep = Gen.Double[0.01, 1];

    [Theory]
    [InlineData(0.5, 5, 2)]
    [InlineData(0.5, 7, 4)]
    [InlineData(0.7, 10, 7)]
    [InlineData(0.01, 3, 1)]
    [InlineData(1, 9, 9)]
    [InlineData(0.5, 0, 0)]
    public void K_is_rounded_half_to_even_and_at_least_one(double keep, int count, int kept) =>
        Assert.Equal(kept, MarginSelection.KeptCount(keep, count));

    [Fact]
    public void Equal_margins_go_by_lower_index_or_by_id()
    {
        Assert.Equal([1, 0, 2], MarginSelection.TopK([5, 7, 5, 5], 0.75).Selected.ToArray());
        Assert.Equal([1, 3, 2], MarginSelection.Select(["d", "c", "b", "a"], [5, 7, 5, 5], new SelectionOptions(0.75, 0), 0).Selected.ToArray());
    }

    [Fact]
    public void A_margin_that_is_not_finite_is_counted_and_never_selected()
    {
        var result = MarginSelection.TopK([double.NaN, 1, double.PositiveInfinity, -1, double.NegativeInfinity], 1);
        Assert.Equal([1, 3], result.Selected.ToArray());
        Assert.Equal(3, result.NonFinite);
    }

    [Fact]
    public void The_order_of_the_input_does_not_matter() => Gen.Select(WithTies, Keep, Gen.ULong).Sample((margins, keep, seed) =>
    {
        var ids = margins.Select((_, i) => $"p{i}").ToArray();
        var order = Enumerable.Range(0, margins.Length).ToArray();
        new SeededRandom(seed).Shuffle<int>(order);
        var permutedIds = order.Select(i => ids[i]).ToArray();
        var options = new SelectionOptions(keep, 0);
        var permuted = MarginSelection.Select(permutedIds, order.Select(i => margins[i]).ToArray(), options, 0);
        Assert.Equal(MarginSelection.Select(ids, margins, options, 0).Selected.Select(i => ids[i]), permuted.Selected.Select(i => permutedIds[i]));
    });

    [Fact]
    public void Keeping_all_keeps_every_finite_margin() => WithTies.Sample(margins =>
    {
        var result = MarginSelection.TopK(margins, 1);
        Assert.Equal(Enumerable.Range(0, margins.Length).Where(i => double.IsFinite(margins[i])), result.Selected.Order());
        Assert.Equal(margins.Length, result.Selected.Length + result.NonFinite);
    });

    [Fact]
    public void No_margin_left_out_is_larger_than_one_selected() => Gen.Select(WithTies, Keep).Sample((margins, keep) =>
    {
        var selected = MarginSelection.TopK(margins, keep).Selected;
        var left = Enumerable.Range(0, margins.Length).Except(selected).Where(i => double.IsFinite(margins[i])).Select(i => margins[i]);
        Assert.Equal(selected.Select(i => margins[i]).OrderDescending(), selected.Select(i => margins[i]));
        Assert.DoesNotContain(left, m => m > selected.Min(i => margins[i]));
    });

    [Fact]
    public void A_selected_item_stays_selected_when_its_margin_rises() => Gen.Select(WithTies, Keep, Gen.Double[0, 5]).Sample((margins, keep, rise) =>
    {
        foreach (var i in MarginSelection.TopK(margins, keep).Selected)
        {
            var raised = (double[])margins.Clone();
            raised[i] += rise;
            Assert.Contains(i, MarginSelection.TopK(raised, keep).Selected);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void A_share_out_of_range_is_refused(double keep) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MarginSelection.TopK([1, 2], keep));
}
