using System.Collections.Immutable;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Scoring;
using static TorchSharp.torch;

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
        var (sum, counted, tokens) = (0.0, 0L, 0L);
        var nonFinite = ImmutableArray.CreateBuilder<string>();
        foreach (var run in MicroBatches.Cut([.. groups.Select(Length)], microBatchTokens))
        {
            var pending = groups.Take(run).ToArray();
            while (pending.Length > 0)
            {
                tokens += pending.Sum(Length);
                var logps = AddMicroBatch(policy, pending, learned);
                var rest = pending.Where((_, i) => float.IsFinite(logps[i])).ToArray();
                if (rest.Length == pending.Length)
                {
                    sum -= logps.Sum(l => (double)l);
                    counted += pending.Sum(g => (long)g.Responses[0].Length);
                    break;
                }
                nonFinite.AddRange(pending.Where((_, i) => !float.IsFinite(logps[i])).Select(g => g.Id));
                pending = rest;
            }
        }
        return (sum / counted, nonFinite.ToImmutable(), tokens);
    }

    private static int Length(TokenGroup group) => group.Prompt.Length + group.Responses[0].Length;

    /// <returns>Summed logp of each group's response, in the groups' order.</returns>
    private static float[] AddMicroBatch(TrainablePolicy policy, TokenGroup[] groups, long learned)
    {
        using var scope = NewDisposeScope();
        var batch = new TokenBatch(groups);
        using var tensors = new BatchTensors(batch, policy.Model.Device);
        var logps = SequenceLogps.Of(policy.Model, tensors);
        var values = logps.detach().cpu().data<float>().ToArray();
        using var divisor = Scalars.Once(-learned);
        if (values.All(float.IsFinite)) logps.sum().div(divisor).backward();
        var ordered = new float[groups.Length];
        for (var i = 0; i < values.Length; i++) ordered[batch.Responses[i].Group] = values[i];
        return ordered;
    }
}
