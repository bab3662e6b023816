using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Sera.Model.Training;
using static TorchSharp.torch;

namespace Sera.Model.Rewards;

/// <summary>Adds the gradient of the mean loss of a step's pairs, micro-batch by micro-batch, to that of a reward model (<see cref="RewardStart"/>).</summary>
internal static class RewardGradient
{
    /// <param name="everywhere">As in <see cref="RewardModelOptions"/>.</param>
    /// <returns>Mean loss of the finite pairs (NaN when there are none), the share of them ranked right, ids of the others, and the tokens computed.</returns>
    public static (double Loss, double Accuracy, ImmutableArray<string> NonFinite, long Tokens) Add(
        TrainablePolicy policy, IReadOnlyList<RewardPair> pairs, bool everywhere, int microBatchTokens)
    {
        var parts = policy.Sum(
            MicroBatches.Cut([.. pairs.Select(Length)], microBatchTokens), run => AddMicroBatch(policy, [.. pairs.Take(run)], pairs.Count, everywhere));
        var outcomes = parts.SelectMany(p => p.Outcomes).ToArray();
        return (
            outcomes.Length == 0 ? double.NaN : outcomes.Average(o => o.Loss), outcomes.Length == 0 ? 0 : outcomes.Average(o => o.Margin > 0 ? 1.0 : 0.0),
            [.. parts.SelectMany(p => p.NonFinite)], parts.Sum(p => p.Tokens));
    }

    private static int Length(RewardPair pair) => pair.PromptTokens.Length + pair.ChosenTokens.Length + pair.RejectedTokens.Length;

    private static (Outcome[] Outcomes, List<string> NonFinite, long Tokens) AddMicroBatch(TrainablePolicy policy, RewardPair[] pairs, int pairsOfStep, bool everywhere)
    {
        var nonFinite = new List<string>();
        var tokens = 0L;
        while (pairs.Length > 0)
        {
            tokens += pairs.Sum(Length);
            var outcomes = TryAdd(policy, pairs, pairsOfStep, everywhere);
            if (outcomes.All(IsFinite)) return (outcomes, nonFinite, tokens);
            policy.Trained.Gradient!.zero_();
            nonFinite.AddRange(pairs.Where((_, i) => !IsFinite(outcomes[i])).Select(p => p.Id));
            pairs = [.. pairs.Where((_, i) => IsFinite(outcomes[i]))];
        }
        return ([], nonFinite, tokens);
    }

    private static bool IsFinite(Outcome outcome) => double.IsFinite(outcome.Loss) && double.IsFinite(outcome.Margin);

    private static Outcome[] TryAdd(TrainablePolicy policy, RewardPair[] pairs, int pairsOfStep, bool everywhere)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var model = policy.Model;
        var batch = new TokenBatch([.. pairs.Select(p => new TokenGroup(p.Id, p.PromptTokens, [p.ChosenTokens, p.RejectedTokens]))], whole: true);
        using var tokens = PackedTensors.Of(batch, model);
        // Where only the scores are trained, nothing goes back into the policy.
        using var pass = model.Adapter is null && model.Parameters.Gradient is null ? null : new LlamaGradient(model, tokens, policy.Recompute);
        var hidden = pass?.Hidden ?? model.Body(tokens.Ids, tokens.Positions, new SegmentAttention(model.Config, model.Compute, tokens.Segments));
        var places = tensor([.. batch.Places], int64, model.Device);
        var states = hidden.index_select(0, places); // [response tokens, hidden]
        var score = policy.Trained.Block(LlamaLayout.Score); // [1, hidden]
        var (outcomes, slopes) = Losses(pairs, RewardValues.Of(states, score).cpu().data<float>().ToArray(), pairsOfStep, everywhere);
        if (!outcomes.All(IsFinite)) return outcomes;
        var dValues = tensor(slopes, float32, model.Device).view(-1, 1).to(states.dtype); // [response tokens, 1]
        Gradients.AddProduct(policy.Trained.GradientOf(LlamaLayout.Score)!, dValues, states);
        if (pass is null) return outcomes;
        var dHidden = zeros_like(hidden);
        dHidden.index_add_(0, places, dValues.matmul(score), Scalars.One);
        pass.Backward(dHidden);
        return outcomes;
    }

    /// <summary>Loss and margin of each pair, and the derivatives of the step's loss by the rewards of all response tokens.</summary>
    private static (Outcome[] Outcomes, float[] Slopes) Losses(RewardPair[] pairs, ReadOnlySpan<float> values, int pairsOfStep, bool everywhere)
    {
        var (outcomes, slopes) = (new Outcome[pairs.Length], new float[values.Length]);
        var at = 0;
        for (var i = 0; i < pairs.Length; i++)
        {
            var (pair, w, l) = (pairs[i], pairs[i].ChosenTokens.Length, pairs[i].RejectedTokens.Length);
            var chosen = values.Slice(at, w);
            var rejected = values.Slice(at + w, l);
            var (byChosen, byRejected) = (new double[w], new double[l]);
            var common = pair.ChosenTokens.AsSpan().CommonPrefixLength(pair.RejectedTokens.AsSpan());
            var loss = PairwiseRewardLoss.Of(chosen, rejected, common, everywhere, pair.Bound, byChosen, byRejected);
            outcomes[i] = new Outcome(loss, (double)chosen[^1] - rejected[^1]);
            foreach (var slope in byChosen.Concat(byRejected)) slopes[at++] = (float)(slope / pairsOfStep);
        }
        return (outcomes, slopes);
    }

    /// <param name="Margin">Of the rewards at the ends.</param>
    private readonly record struct Outcome(double Loss, double Margin);
}
