using CsCheck;
using Sera.Model.Evaluation;
using Xunit;

namespace Sera.Model.Tests.Evaluation;

public sealed class RewardAccuracyTests
{
    /// <summary>Margins 2, 1, 0, -1: two right, one tie, one wrong: (2 + 0.5) / 4; mean 0.5; order statistics -1, 0, 1, 2 lie at 0, 1/3, 2/3, 1.</summary>
    [Fact]
    public void A_positive_margin_counts_one_and_a_tie_half()
    {
        var result = RewardAccuracy.Of([2, 0, -1, 1]);
        Assert.Equal(4, result.Pairs);
        Assert.Equal(0.625, result.Accuracy);
        Assert.Equal(0.5, result.MarginMean);
        double[] expected = [-1, -0.85, -0.25, 0.5, 1.25, 1.85, 2];
        Assert.Equal(expected.Length, result.MarginQuantiles.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], result.MarginQuantiles[i], 1e-12);
    }

    [Fact]
    public void Non_finite_margins_are_left_out_and_counted()
    {
        var result = RewardAccuracy.Of([double.NaN, 1, double.PositiveInfinity]);
        Assert.Equal(1, result.Pairs);
        Assert.Equal(2, result.NonFinite);
        Assert.Equal(1.0, result.Accuracy);
    }

    [Fact]
    public void Without_pairs_there_is_no_number()
    {
        var result = RewardAccuracy.Of([]);
        Assert.Null(result.Accuracy);
        Assert.Null(result.MarginMean);
        Assert.Empty(result.MarginQuantiles);
    }

    [Fact]
    public void The_order_of_the_margins_does_not_matter_and_negating_them_mirrors_the_accuracy() =>
        Gen.Double[-5, 5].Array[1, 40].Sample(margins =>
        {
            var result = RewardAccuracy.Of(margins);
            var reversed = RewardAccuracy.Of(margins.Reverse());
            Assert.Equal(result.MarginMean, reversed.MarginMean);
            Assert.Equal(result.MarginQuantiles.ToArray(), reversed.MarginQuantiles.ToArray());
            Assert.Equal(1 - result.Accuracy!.Value, RewardAccuracy.Of(margins.Select(m => -m)).Accuracy!.Value, 1e-12);
        });
}
