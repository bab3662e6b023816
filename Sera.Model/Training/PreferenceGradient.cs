using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
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
        policy.Sum(Cut(pairs, microBatchTokens), run => AddMicroBatch(policy, [.. pairs.Take(run)], pairs.Count))
            .Aggregate(GradientOutcome.None, (sum, run) => sum.With(run));

    /// <summary>To a gradient that is zero.</summary>
    /// <param name="pairs">One micro-batch.</param>
    public GradientOutcome AddMicroBatch(TrainablePolicy policy, TrainingPairRow[] pairs, int pairsOfStep)
    {
        var nonFinite = ImmutableArray.CreateBuilder<TrainingPairRow>();
        var tokens = 0L;
        while (pairs.Length > 0)
        {
            tokens += pairs.Sum(Length);
            var (outcomes, finite) = TryAdd(policy, pairs, pairsOfStep);
            if (finite) return new GradientOutcome([.. outcomes], nonFinite.ToImmutable(), tokens);
            policy.Trained.Gradient!.zero_();
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

    private (PairOutcome[] Outcomes, bool Finite) TryAdd(TrainablePolicy policy, TrainingPairRow[] pairs, int pairsOfStep)
    {
        var losses = new float[pairs.Length];
        var (logps, finite) = ResponseGradient.Add(policy.Model, [.. pairs.Select(GroupOf)], policy.Recompute, (first, some) =>
        {
            var (values, derivatives) = Loss(pairs.AsSpan(first, some.Length), some, pairsOfStep);
            values.CopyTo(losses, first);
            return [.. derivatives.Select((d, i) => float.IsFinite(values[i]) && some[i].All(float.IsFinite) ? d : null)];
        });
        return ([.. pairs.Select((pair, i) => new PairOutcome(pair, losses[i], logps[i][0], logps[i][1]))], finite);
    }

    /// <summary>Losses of some pairs, and the derivatives of the step's mean loss by the logps of chosen and rejected.</summary>
    private (float[] Losses, float[][] Derivatives) Loss(ReadOnlySpan<TrainingPairRow> pairs, float[][] logps, int pairsOfStep)
    {
        var (refChosen, refRejected, chosenLengths, rejectedLengths) = (new float[pairs.Length], new float[pairs.Length], new float[pairs.Length], new float[pairs.Length]);
        for (var i = 0; i < pairs.Length; i++)
        {
            (refChosen[i], refRejected[i]) = (pairs[i].RefChosen, pairs[i].RefRejected);
            (chosenLengths[i], rejectedLengths[i]) = (pairs[i].ChosenTokens.Length, pairs[i].RejectedTokens.Length);
        }
        using var grad = enable_grad();
        using var scope = NewDisposeScope();
        // A few numbers a pair: on the CPU wherever the policy is.
        var (chosen, rejected) = (tensor([.. logps.Select(l => l[0])], float32).requires_grad_(), tensor([.. logps.Select(l => l[1])], float32).requires_grad_());
        var losses = _loss.PerPair(
            new LogpTensors(chosen, rejected, tensor(refChosen), tensor(refRejected), tensor(chosenLengths), tensor(rejectedLengths)), options);
        losses.sum().div(Scalars.Kept(pairsOfStep)).backward();
        var (dChosen, dRejected) = (chosen.grad!.data<float>().ToArray(), rejected.grad!.data<float>().ToArray());
        return (losses.detach().data<float>().ToArray(), [.. dChosen.Zip(dRejected, (c, r) => new[] { c, r })]);
    }
}
