using CsCheck;
using Sera.Model.Alignment;
using Xunit;
using static Sera.Model.Tests.Alignment.LossVectors;

namespace Sera.Model.Tests.Alignment;

/// <summary>The priors, bounds and losses of reward models (PCRM), against the shared vectors and by hand.</summary>
public sealed class PcrmTests
{
    [SharedFact]
    public void Bounds_match_the_vectors()
    {
        var vectors = Named("pcrm_bound");
        Assert.Equal(3, vectors.Count);
        foreach (var vector in vectors)
        {
            var (parameters, expected) = (vector.GetProperty("params"), vector.GetProperty("expected"));
            var prior = new PriorBound(parameters.GetProperty("beta1").GetDouble(), parameters.GetProperty("beta2").GetDouble(), parameters.GetProperty("beta3").GetDouble());
            var bounds = Numbers(vector.GetProperty("inputs").GetProperty("similarity")).Select(prior.Of).ToArray();
            AssertClose("bound", Numbers(expected.GetProperty("bound")), bounds);
            AssertClose("minimiser", Numbers(expected.GetProperty("loss_minimiser")), bounds.Select(LeastAt));
        }
    }

    [SharedFact]
    public void The_angular_similarity_matches_the_vector()
    {
        var vector = Assert.Single(Named("pcrm_angular_similarity"));
        AssertClose("similarity", Numbers(vector.GetProperty("expected").GetProperty("similarity")), Numbers(vector.GetProperty("inputs").GetProperty("cosine")).Select(CosinePrior.Angular));
    }

    [SharedFact]
    public void The_loss_matches_the_vector()
    {
        var vector = Assert.Single(Named("pcrm_rm_loss"));
        var (inputs, bound) = (vector.GetProperty("inputs"), vector.GetProperty("inputs").GetProperty("bound").GetDouble());
        AssertClose(
            "loss", Numbers(vector.GetProperty("expected").GetProperty("loss")),
            Numbers(inputs.GetProperty("reward_diff")).Select(d => PairwiseRewardLoss.Of(d, bound).Loss));
    }

    [Fact]
    public void Cosines_by_hand()
    {
        Assert.Equal(0.6, CosinePrior.Similarity([3, 4], [2, 0]), 12);
        Assert.Equal(-1, CosinePrior.Similarity([1, 1], [-2, -2]), 12);
        Assert.True(double.IsNaN(CosinePrior.Similarity([0, 0], [1, 0])));
        Assert.Throws<ArgumentException>(() => CosinePrior.Similarity([1], [1, 2]));
    }

    [Fact]
    public void The_slope_is_that_of_the_loss() => Gen.Select(Gen.Double[-20, 20], Gen.Double[1, 30], Gen.Bool).Sample((d, most, bounded) =>
    {
        double? bound = bounded ? most : null;
        var slope = (PairwiseRewardLoss.Of(d + 1e-5, bound).Loss - PairwiseRewardLoss.Of(d - 1e-5, bound).Loss) / 2e-5;
        Assert.Equal(slope, PairwiseRewardLoss.Of(d, bound).Slope, 1e-6);
    });

    // Both begin with one token; then chosen has the rewards 2, 3 and rejected 1 and no more: differences 2 - 1 and 3 - 1.
    [Fact]
    public void Past_the_end_of_the_shorter_response_its_last_reward_stands()
    {
        var (byChosen, byRejected) = (new double[3], new double[2]);
        var loss = PairwiseRewardLoss.Of([9, 2, 3], [9, 1], 1, everywhere: true, null, byChosen, byRejected);
        Assert.Equal((Math.Log(1 + Math.Exp(-1)) + Math.Log(1 + Math.Exp(-2))) / 2, loss, 12);
        Assert.Equal([0, -0.5 / (1 + Math.Exp(1)), -0.5 / (1 + Math.Exp(2))], byChosen);
        Assert.Equal([0, 0.5 / (1 + Math.Exp(1)) + 0.5 / (1 + Math.Exp(2))], byRejected);
    }

    [Fact]
    public void At_the_ends_alone_only_the_last_rewards_count()
    {
        var (byChosen, byRejected) = (new double[3], new double[2]);
        Assert.Equal(Math.Log(1 + Math.Exp(-2)), PairwiseRewardLoss.Of([9, 2, 3], [9, 1], 1, everywhere: false, null, byChosen, byRejected), 12);
        Assert.Equal([0, 0, -1 / (1 + Math.Exp(2))], byChosen);
        Assert.Equal([0, 1 / (1 + Math.Exp(2))], byRejected);
    }

    /// <summary>Where the slope changes its sign, by bisection.</summary>
    private static double LeastAt(double bound)
    {
        var (low, high) = (-1.0, bound + 1);
        for (var i = 0; i < 200; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = PairwiseRewardLoss.Of(middle, bound).Slope < 0 ? (middle, high) : (low, middle);
        }
        return low;
    }
}
