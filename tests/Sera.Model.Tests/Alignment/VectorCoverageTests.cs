using Xunit;
using Xunit.Abstractions;

namespace Sera.Model.Tests.Alignment;

/// <summary>That no shared vector is left out: all of them by what they are of, and the test that takes each.</summary>
public sealed class VectorCoverageTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Takers = new()
    {
        ["loss"] = nameof(Losses.LossVectorTests),
        ["irm"] = nameof(SelectionVectorTests),
        ["irm_ensemble"] = nameof(SelectionVectorTests),
        ["top_k"] = nameof(SelectionVectorTests),
        ["bootstrap_pairs"] = nameof(SelectionVectorTests),
        ["rank_consistency"] = nameof(SelectionVectorTests),
        ["consistency_avg"] = nameof(SelectionVectorTests),
        ["dice_length_alpha"] = nameof(RewardCalibrationTests),
        ["ld_dpo"] = nameof(TokenWeightingTests),
        ["bmc_weighted_logps"] = nameof(TokenWeightingTests),
        ["wpo_weight"] = nameof(Training.TokenConfidenceTests),
        ["kto"] = nameof(Losses.LossVectorTests),
        ["pcrm_bound"] = nameof(PcrmTests),
        ["pcrm_angular_similarity"] = nameof(PcrmTests),
        ["pcrm_rm_loss"] = nameof(PcrmTests),
        ["expo"] = nameof(Models.WeightSumTests),
        ["warm_average"] = nameof(Models.WeightSumTests),
        ["tr_dpo_soft_update"] = nameof(Models.WeightSumTests),
        ["linear_alignment"] = nameof(Generation.LinearAlignmentTests),
    };

    [SharedFact]
    public void Every_shared_vector_is_taken_by_a_test()
    {
        var all = LossVectors.All();
        Assert.Equal(220, all.Count);
        var kinds = all.GroupBy(v => v.TryGetProperty("fn", out var fn) ? fn.GetString()! : "loss")
            .ToDictionary(g => g.Key, g => g.GroupBy(v => v.GetProperty("status").GetString()!).OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Count()} {s.Key}"));
        foreach (var (kind, standings) in kinds) output.WriteLine($"{kind}: {string.Join(", ", standings)} ({Takers.GetValueOrDefault(kind, "nobody")})");
        Assert.Equal(kinds.Keys.Order(StringComparer.Ordinal), Takers.Keys.Order(StringComparer.Ordinal));
    }
}
