using Sera.Model.Alignment;
using Xunit;
using static Sera.Model.Tests.Alignment.LossVectors;

namespace Sera.Model.Tests.Alignment;

/// <summary>Margins, ensemble, selection and consistency against the shared vectors, whose expected values are rounded to six decimals.</summary>
public sealed class SelectionVectorTests
{
    [SharedFact]
    public void Margins_match_the_vectors()
    {
        var vector = Assert.Single(Named("irm"));
        var unscaled = new LossOptions("dpo", 1, 0);
        foreach (var round in new[] { "t_minus_1", "t_minus_2" })
        {
            var margins = Pairs(vector.GetProperty("inputs").GetProperty(round)).Select(p => Margins.Of(unscaled, p));
            AssertClose(round, Numbers(vector.GetProperty("expected").GetProperty($"m_{round}")), margins);
        }
    }

    [SharedFact]
    public void The_ensemble_matches_the_vectors()
    {
        var vectors = Named("irm_ensemble");
        Assert.Equal(4, vectors.Count);
        foreach (var vector in vectors)
        {
            var inputs = vector.GetProperty("inputs");
            var g = vector.GetProperty("params").GetProperty("gamma").GetDouble();
            var combined = MarginEnsemble.Combine(Numbers(inputs.GetProperty("m_t_minus_1")), Numbers(inputs.GetProperty("m_t_minus_2")), g);
            AssertClose($"g = {g}", Numbers(vector.GetProperty("expected").GetProperty("m_ens")), combined);
        }
    }

    [SharedFact]
    public void Top_k_matches_the_vectors()
    {
        var vectors = Named("top_k");
        Assert.Equal(11, vectors.Count);
        foreach (var vector in vectors)
        {
            var margins = Numbers(vector.GetProperty("inputs").GetProperty("margins"));
            var selected = MarginSelection.TopK(margins, vector.GetProperty("params").GetProperty("fraction").GetDouble()).Selected;
            var expected = vector.GetProperty("expected").GetProperty("selected_indices").EnumerateArray().Select(e => e.GetInt32());
            Assert.Equal(expected, selected);
        }
    }

    [SharedFact]
    public void Bootstrapped_pairs_match_the_vectors()
    {
        var vectors = Named("bootstrap_pairs");
        Assert.Equal(2, vectors.Count);
        foreach (var vector in vectors)
        {
            var g = vector.GetProperty("params").GetProperty("gamma").GetDouble();
            var inputs = vector.GetProperty("inputs");
            var before = inputs.GetProperty("rewards_t_minus_2");
            var prompts = inputs.GetProperty("rewards_t_minus_1").EnumerateObject().Select(p =>
            {
                var rewards = MarginEnsemble.Combine(Numbers(p.Value), Numbers(before.GetProperty(p.Name)), g);
                return new BootstrapPrompt(p.Name, p.Name, [.. rewards.Select((r, k) => new BootstrapResponse($"answer {k}", false, r))]);
            }).ToArray();
            var result = PreferenceBootstrap.Pairs(prompts, new BootstrapOptions(0.5, 4, false));
            var expected = vector.GetProperty("expected");
            var pairs = result.Verdicts.Where(v => v.Chosen >= 0 && v.Margin > 0).ToArray();
            Assert.Equal(
                expected.GetProperty("pairs_hi_lo_margin").EnumerateArray().Select(e => (e[0].GetString()!, e[1].GetInt32(), e[2].GetInt32())),
                pairs.Select(v => (v.Id, v.Chosen, v.Rejected)));
            var margins = expected.GetProperty("pairs_hi_lo_margin").EnumerateArray().Select(e => e[3].GetDouble()).ToArray();
            AssertClose($"g = {g}", margins, pairs.Select(v => v.Margin));
            Assert.Equal(
                expected.GetProperty("top2_prompts").EnumerateArray().Select(e => e.GetString()!),
                result.Selected.Select(i => result.Verdicts[i].Id));
        }
    }

    [SharedFact]
    public void The_mean_consistency_matches_the_vector()
    {
        var vector = Assert.Single(Named("consistency_avg"));
        double?[] some = [null, .. Numbers(vector.GetProperty("inputs").GetProperty("kendall_consistency"))];
        AssertClose("average", [vector.GetProperty("expected").GetProperty("consistency_avg").GetDouble()], [RankConsistency.Mean(some)!.Value]);
        Assert.Null(RankConsistency.Mean([null]));
    }

    [SharedFact]
    public void Consistency_of_rankings_matches_the_vectors()
    {
        var vectors = Named("rank_consistency");
        Assert.Equal(6, vectors.Count);
        foreach (var vector in vectors)
        {
            var (inputs, expected) = (vector.GetProperty("inputs"), vector.GetProperty("expected"));
            var (current, previous) = (Numbers(inputs.GetProperty("rewards_current")), Numbers(inputs.GetProperty("rewards_previous")));
            foreach (var (measure, column) in new[] { ("kendall", "kendall_consistency"), ("spearman", "spearman_consistency"), ("top-order", "toporder_argmax_argmin") })
                AssertClose(measure, [expected.GetProperty(column).GetDouble()], [RankConsistency.Find(measure)!.Of(current, previous)]);
        }
    }
}
