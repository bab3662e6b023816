using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Scoring;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// Adds the gradient of a step's mean loss to the policy's, micro-batch by micro-batch. The mean is over all pairs of the step, so how it is
/// cut into micro-batches changes the gradient only by rounding. A pair whose loss or log-probabilities are not finite adds nothing, but counts.
/// </summary>
internal sealed class PreferenceGradient(LossOptions options)
{
    private readonly TensorLoss _loss = TensorLosses.Of(options.Name);

    public GradientOutcome Add(TrainablePolicy policy, IReadOnlyList<TrainingPairRow> pairs, int microBatchTokens) =>
        Cut(pairs, microBatchTokens).Aggregate(
            GradientOutcome.None, (sum, run) => sum.With(AddMicroBatch(policy, [.. pairs.Take(run)], pairs.Count)));

    /// <param name="pairs">One micro-batch.</param>
    public GradientOutcome AddMicroBatch(TrainablePolicy policy, TrainingPairRow[] pairs, int pairsOfStep)
    {
        var nonFinite = ImmutableArray.CreateBuilder<TrainingPairRow>();
        var tokens = 0L;
        while (pairs.Length > 0)
        {
            tokens += pairs.Sum(Length);
            var outcomes = TryAdd(policy, pairs, pairsOfStep);
            if (outcomes.All(IsFinite)) return new GradientOutcome([.. outcomes], nonFinite.ToImmutable(), tokens);
            nonFinite.AddRange(outcomes.Where(o => !IsFinite(o)).Select(o => o.Pair));
            pairs = [.. outcomes.Where(IsFinite).Select(o => o.Pair)];
        }
        return new GradientOutcome([], nonFinite.ToImmutable(), tokens);
    }

    /// <summary>The micro-batches of a step, as runs of its pairs.</summary>
    public static List<Range> Cut(IReadOnlyList<TrainingPairRow> pairs, int microBatchTokens) =>
        MicroBatches.Cut([.. pairs.Select(Length)], microBatchTokens);

    public static TokenGroup GroupOf(TrainingPairRow pair) => new(pair.Id, pair.PromptTokens, [pair.ChosenTokens, pair.RejectedTokens]);

    private static int Length(TrainingPairRow pair) => pair.PromptTokens.Length + pair.ChosenTokens.Length + pair.RejectedTokens.Length;

    private static bool IsFinite(PairOutcome outcome) =>
        double.IsFinite(outcome.Loss) && double.IsFinite(outcome.Chosen) && double.IsFinite(outcome.Rejected);

    /// <summary>Without a backward pass when a pair is not finite: its infinities would spread through the shared products.</summary>
    private PairOutcome[] TryAdd(TrainablePolicy policy, TrainingPairRow[] pairs, int pairsOfStep)
    {
        using var scope = NewDisposeScope();
        var device = policy.Model.Device;
        var batch = new TokenBatch([.. pairs.Select(GroupOf)]);
        using var tensors = new BatchTensors(batch, device);
        // Rows are filled longest first, so the responses do not stand in the order of the pairs.
        var place = new long[2 * pairs.Length];
        for (var i = 0; i < batch.Responses.Count; i++) place[2 * batch.Responses[i].Group + batch.Responses[i].Response] = i;
        var logps = SequenceLogps.Of(policy.Model, tensors).index_select(0, tensor(place, int64, device)).view(-1, 2);
        var losses = _loss.PerPair(
            new LogpTensors(
                logps.select(1, 0), logps.select(1, 1),
                tensor(pairs.Select(p => p.RefChosen).ToArray(), float32, device),
                tensor(pairs.Select(p => p.RefRejected).ToArray(), float32, device),
                tensor(pairs.Select(p => (float)p.ChosenTokens.Length).ToArray(), float32, device),
                tensor(pairs.Select(p => (float)p.RejectedTokens.Length).ToArray(), float32, device)),
            options);
        var loss = losses.detach().cpu().data<float>().ToArray();
        var logp = logps.detach().cpu().contiguous().data<float>().ToArray();
        var outcomes = pairs.Select((p, i) => new PairOutcome(p, loss[i], logp[2 * i], logp[2 * i + 1])).ToArray();
        if (outcomes.All(IsFinite)) losses.sum().div(Scalars.Kept(pairsOfStep)).backward();
        return outcomes;
    }
}
