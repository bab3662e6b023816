using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Model.Training;

/// <summary>Adds the gradient of the mean negative log-likelihood of all learned tokens of a step, micro-batch by micro-batch.</summary>
internal static class SupervisedGradient
{
    /// <param name="groups">One response each: the tokens to learn.</param>
    /// <returns>Mean loss of the finite examples' tokens (NaN when there are none), ids of the others, and the tokens computed.</returns>
    public static (double Loss, ImmutableArray<string> NonFinite, long Tokens) Add(
        TrainablePolicy policy, IReadOnlyList<TokenGroup> groups, int microBatchTokens)
    {
        var learned = groups.Sum(g => (long)g.Responses[0].Length);
        var parts = policy.Sum(MicroBatches.Cut([.. groups.Select(Length)], microBatchTokens), run => AddMicroBatch(policy, [.. groups.Take(run)], learned));
        var counted = parts.Sum(p => p.Counted);
        return (parts.Sum(p => p.Loss) / counted, [.. parts.SelectMany(p => p.NonFinite)], parts.Sum(p => p.Tokens));
    }

    private static int Length(TokenGroup group) => group.Prompt.Length + group.Responses[0].Length;

    private static (double Loss, long Counted, List<string> NonFinite, long Tokens) AddMicroBatch(TrainablePolicy policy, TokenGroup[] groups, long learned)
    {
        var nonFinite = new List<string>();
        var tokens = 0L;
        while (groups.Length > 0)
        {
            tokens += groups.Sum(Length);
            var (logps, finite) = ResponseGradient.Add(
                policy.Model, groups, policy.Recompute, (_, some) => [.. some.Select(l => float.IsFinite(l[0]) ? new[] { -1f / learned } : null)]);
            if (finite) return (-logps.Sum(l => (double)l[0]), groups.Sum(g => (long)g.Responses[0].Length), nonFinite, tokens);
            policy.Trained.Gradient!.zero_();
            nonFinite.AddRange(groups.Where((_, i) => !float.IsFinite(logps[i][0])).Select(g => g.Id));
            groups = [.. groups.Where((_, i) => float.IsFinite(logps[i][0]))];
        }
        return (0, 0, nonFinite, tokens);
    }
}
