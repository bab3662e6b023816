using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class RewardTests
{
    private static readonly Gen<double[]> Values = Gen.Double[-50, 50].Array[0, 20];

    [Theory]
    [InlineData("dpo")]
    [InlineData("ipo")]
    [InlineData("slic-hf")]
    public void A_loss_with_a_reference_rewards_the_log_ratio(string name) =>
        Assert.Equal(0.5, ImplicitReward.Of(new LossOptions(name, 0.25, 0), -10, -12, 7));

    [Fact]
    public void Simpo_rewards_the_average_per_token_and_reads_no_reference()
    {
        Assert.Equal(-2.5, ImplicitReward.Of(new LossOptions("simpo", 2, 0.5), -10, double.NaN, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImplicitReward.LengthAveraged(2, -10, 0));
    }

    [Fact]
    public void The_margin_is_chosen_minus_rejected() =>
        Assert.Equal(1.75, Margins.Of(new LossOptions("dpo", 0.25, 0), new PairLogps(-10, -20, -12, -15, 5, 6)));

    [Fact]
    public void Accuracy_counts_positive_margins_among_the_finite_ones()
    {
        Assert.Equal(0.5, Margins.Accuracy([1, 0, -1, 2, double.NaN, double.PositiveInfinity]));
        Assert.Equal(0, Margins.Accuracy([]));
    }

    [Fact]
    public void Without_a_round_before_the_previous_one_g_counts_as_zero() => Gen.Select(Values, Gen.Double[0, 1]).Sample((values, g) =>
        Assert.Equal(values, MarginEnsemble.Combine(values, [], g)));

    [Fact]
    public void At_g_zero_and_one_the_other_round_is_not_read() => Values.Sample(values =>
    {
        var unread = values.Select(_ => double.NaN).ToArray();
        Assert.Equal(values, MarginEnsemble.Combine(values, unread, 0));
        Assert.Equal(values, MarginEnsemble.Combine(unread, values, 1));
    });

    [Fact]
    public void Ensembling_rewards_or_their_margins_is_the_same() =>
        Gen.Select(Gen.Double[-9, 9], Gen.Double[-9, 9], Gen.Double[-9, 9], Gen.Double[-9, 9], Gen.Double[0, 1]).Sample((w1, l1, w2, l2, g) =>
            Assert.Equal(
                MarginEnsemble.Combine(w1 - l1, w2 - l2, g), MarginEnsemble.Combine(w1, w2, g) - MarginEnsemble.Combine(l1, l2, g), 12));

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_weight_out_of_range_is_refused(double g) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MarginEnsemble.Combine(1, 2, g));

    [Fact]
    public void Rounds_of_different_size_are_refused() => Assert.Throws<ArgumentException>(() => MarginEnsemble.Combine([1, 2], [1], 0.3));

    [Fact]
    public void Quantiles_lie_between_the_order_statistics()
    {
        Assert.Equal(new MarginQuantiles(1, 2.5, 5, 7.5, 9), MarginQuantiles.Of([10, 0, 5, 2, 8, 1, 9, 3, 7, 4, 6, double.NaN]));
        Assert.Equal(new MarginQuantiles(3, 3, 3, 3, 3), MarginQuantiles.Of([3]));
        Assert.Null(MarginQuantiles.Of([double.NaN]));
    }

    // x = 1, 2, 3 and y = 2, 1, 3: covariance sum 1, both variance sums 2.
    [Fact]
    public void Correlation_by_hand()
    {
        Assert.Equal(0.5, Correlation.Pearson([(1, 2), (2, 1), (3, 3), (double.NaN, 9)])!.Value, 12);
        Assert.Equal(-1, Correlation.Pearson([(1, 3), (2, 1)]));
        Assert.Null(Correlation.Pearson([(1, 3)]));
        Assert.Null(Correlation.Pearson([(1, 3), (1, 4)]));
        Assert.Equal(1, Correlation.Spearman([(1, -5), (2, 0), (30, 1), (double.NaN, 9), (400, 1e9)]));
        // Ranks 0, 1.5, 1.5, 3 and 3, 1, 2, 0: covariance -4.5, variances 4.5 and 5.
        Assert.Equal(-4.5 / Math.Sqrt(22.5), Correlation.Spearman([(1, 9), (2, 5), (2, 7), (3, 1)])!.Value, 12);
        Assert.Null(Correlation.Spearman([(1, 3), (1, 4)]));
    }
}
