using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Alignment.Tokens;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Scoring;

namespace Sera.Model.Training;

/// <summary>
/// Adds the gradient of a step's mean loss to the policy's, micro-batch by micro-batch. The mean is over all pairs of the step, so how it is
/// cut into micro-batches changes the gradient only by rounding. A pair whose loss or log-probabilities are not finite adds nothing, but counts.
/// </summary>
internal sealed class PreferenceGradient(LossOptions options)
{
    private static readonly LossValue NotFinite = new(double.NaN, double.NaN, double.NaN);

    private readonly PreferenceLoss _loss = PreferenceLosses.Get(options.Name);
    private readonly TokenWeighting? _tokens = TokenWeightings.Of(options);

    public GradientOutcome Add(TrainablePolicy policy, IReadOnlyList<TrainingPairRow> pairs, int microBatchTokens)
    {
        var microBatches = Cut(pairs, microBatchTokens);
        var step = TotalsOf(pairs);
        var value = _loss.IsCoupled ? Coupled(policy, pairs, microBatches) : (pair, logps) => Value(pair, logps, step);
        return policy.Sum(microBatches, run => AddMicroBatch(policy, [.. pairs.Take(run)], pairs.Count, value))
            .Aggregate(GradientOutcome.None, (sum, run) => sum.With(run));
    }

    /// <summary>What the loss reads of a step's pairs together.</summary>
    public StepTotals TotalsOf(IReadOnlyList<TrainingPairRow> pairs) =>
        new(pairs.Count, _loss.NeedsStepTokens ? pairs.Sum(p => (long)p.ChosenTokens.Length) : 0);

    /// <summary>To a gradient that is zero.</summary>
    /// <param name="pairs">One micro-batch.</param>
    public GradientOutcome AddMicroBatch(TrainablePolicy policy, TrainingPairRow[] pairs, StepTotals step) =>
        AddMicroBatch(policy, pairs, step.Pairs, (pair, logps) => Value(pair, logps, step));

    private GradientOutcome AddMicroBatch(TrainablePolicy policy, TrainingPairRow[] pairs, int pairsOfStep, PairValue value)
    {
        var nonFinite = ImmutableArray.CreateBuilder<TrainingPairRow>();
        var tokens = 0L;
        while (pairs.Length > 0)
        {
            tokens += pairs.Sum(Length);
            var (outcomes, finite) = TryAdd(policy, pairs, pairsOfStep, value);
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

    private (PairOutcome[] Outcomes, bool Finite) TryAdd(TrainablePolicy policy, TrainingPairRow[] pairs, int pairsOfStep, PairValue value)
    {
        var losses = new float[pairs.Length];
        var weighted = options.Weighting is not null;
        var (logps, finite) = ResponseGradient.Add(policy.Model, [.. pairs.Select(GroupOf)], policy.Recompute, weighted, (first, some, confidences) =>
        {
            var derivatives = new float[some.Length][];
            for (var i = 0; i < some.Length; i++)
            {
                var weight = weighted ? TokenConfidence.Weight(confidences[i][0], confidences[i][1]) : 1;
                var (loss, byChosen, byRejected) = value(pairs[first + i], some[i]);
                losses[first + i] = (float)(weight * loss);
                derivatives[i] = [(float)(weight * byChosen / pairsOfStep), (float)(weight * byRejected / pairsOfStep)];
            }
            // A loss without a finite slope is none, so that who looks at the outcome drops the same pairs.
            for (var i = 0; i < some.Length; i++) losses[first + i] = derivatives[i].All(float.IsFinite) ? losses[first + i] : float.NaN;
            return [.. derivatives.Select((d, i) => float.IsFinite(losses[first + i]) && some[i].All(float.IsFinite) ? d : null)];
        }, _tokens is null ? null : (example, response, logps, weights) => Fill(_tokens, pairs[example], response == 0, logps, weights));
        return ([.. pairs.Select((pair, i) => new PairOutcome(pair, losses[i], logps[i][0], logps[i][1]))], finite);
    }

    private void Fill(TokenWeighting tokens, TrainingPairRow pair, bool chosen, ReadOnlySpan<float> logps, Span<float> weights) => tokens.Fill(
        options, logps, chosen ? pair.RejectedTokens.Length : pair.ChosenTokens.Length,
        ((chosen ? pair.Columns?.ChosenEdits : pair.Columns?.RejectedEdits) ?? []).AsSpan(), weights);

    private LossValue Value(TrainingPairRow pair, float[] logps, StepTotals step) =>
        _loss.Evaluate(options, LogpsOf(pair, logps), pair.Columns ?? PairColumns.None, step);

    /// <summary>
    /// Of a loss that sees the step as a whole: the log-probabilities of all its pairs come first, in a pass of their own. Pairs that are not finite
    /// are found again by the gradient; here they take no part.
    /// </summary>
    private PairValue Coupled(TrainablePolicy policy, IReadOnlyList<TrainingPairRow> pairs, List<Range> microBatches)
    {
        var logps = microBatches.SelectMany(run => LogpsOf(policy, [.. pairs.Take(run)])).ToArray();
        int[] finite = [.. Enumerable.Range(0, pairs.Count).Where(i => IsFinite(logps[i]))];
        var values = new Dictionary<TrainingPairRow, LossValue>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < pairs.Count; i++) values[pairs[i]] = IsFinite(logps[i]) ? default : NotFinite;
        var step = new StepTotals(pairs.Count, 0);
        foreach (var (pair, chosen, rejected) in _loss.Arrange([.. finite.Select(i => logps[i])]))
        {
            var value = _loss.Evaluate(options, pair, PairColumns.None, step);
            var (of, other) = (pairs[finite[chosen]], pairs[finite[rejected]]);
            values[of] = values[of] with { Loss = value.Loss, ByChosen = value.ByChosen };
            values[other] = values[other] with { ByRejected = value.ByRejected };
        }
        return (pair, now) => float.IsFinite(now[0]) && float.IsFinite(now[1]) ? values[pair] : NotFinite;
    }

    private static IEnumerable<PairLogps> LogpsOf(TrainablePolicy policy, TrainingPairRow[] pairs) =>
        pairs.Zip(SequenceLogps.Of(policy.Model, new TokenBatch([.. pairs.Select(GroupOf)])).Chunk(2), LogpsOf);

    private static PairLogps LogpsOf(TrainingPairRow pair, float[] logps) =>
        new(logps[0], logps[1], pair.RefChosen, pair.RefRejected, pair.ChosenTokens.Length, pair.RejectedTokens.Length);

    private static bool IsFinite(PairLogps pair) =>
        double.IsFinite(pair.PolicyChosen) && double.IsFinite(pair.PolicyRejected) && double.IsFinite(pair.ReferenceChosen) && double.IsFinite(pair.ReferenceRejected);

    /// <summary>Loss of a pair and its derivatives, from its log-probabilities under the policy.</summary>
    private delegate LossValue PairValue(TrainingPairRow pair, float[] logps);
}
