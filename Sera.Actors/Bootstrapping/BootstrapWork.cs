using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Actors.Bootstrapping;

/// <summary>Preference bootstrapping on rows; a pure function of them, whose formulas are in Sera.Model.Alignment.</summary>
internal static class BootstrapWork
{
    public const string Source = "bootstrapped";

    public static BootstrappedPairs Run(BootstrapOrder order, WorkerSetup setup)
    {
        var rollouts = setup.Rows.ReadAll(order.Rollouts, RowJson.Default.RolloutRow);
        var (current, previous) = (RewardTable.Read(order.Current, order.Loss, setup.Rows)!, RewardTable.Read(order.Previous, order.Loss, setup.Rows));
        var scored = ScoredPairMaker.Read(order.ScorePrefixes, setup.Rows);
        var (kept, margins, statistics, calibration) = Pair(
            rollouts, current, previous, TrainReferenceTable.Read(order.Loss, order.TrainReference, setup.Rows), order.Bootstrap, order.Ensemble, order.Seed,
            order.Current.Explicit ? 1 : order.Loss.Beta,
            new PairColumnMaker(
                order.Loss, current, previous, labelled: order.Bootstrap.Segments is not null, PairColumnMaker.Refinement(order.Refinement, setup.Rows),
                ScoreTable.Read(order.States ?? [], setup.Rows)),
            ExploredTable.Read(order.Explored, setup.Rows), scored);
        var augmented = scored?.Make() ?? [];
        return new BootstrappedPairs(
            setup.Store.Write("training-pairs", RowFile.Write([.. kept, .. augmented], RowJson.Default.TrainingPairRow)),
            setup.Store.Write("margins", RowFile.Write(margins, RowJson.Default.MarginRow)),
            rollouts.Length, rollouts.Sum(r => r.Responses.Length), statistics with { Augmented = augmented.Count }, calibration);
    }

    /// <summary>The id of the pair of a prompt. A prompt may come from an offline pair and have its id; the trainer wants one id a pair.</summary>
    public static string IdOf(RolloutRow rollout) => $"{Source}/{rollout.Id}";

    /// <param name="current">Rewards under pi_(t-1).</param>
    /// <param name="previous">Rewards under pi_(t-2), or null.</param>
    /// <param name="trainReference">null where the loss is free of a reference.</param>
    /// <param name="seed">Of a pair rule that draws.</param>
    /// <param name="beta">Of the rewards; 1 for those of a reward model.</param>
    /// <param name="explored">null where the loss explores nothing.</param>
    /// <param name="scored">Gets the kept pairs with the rewards they were chosen by, calibrated ones where there is a calibration; null where nobody asks for them.</param>
    /// <returns>Kept pairs and margins in the order of the prompts; a prompt without two fit responses has no margin.</returns>
    public static (List<TrainingPairRow> Kept, List<MarginRow> Margins, PairStatistics Statistics, CalibrationReport? Calibration) Pair(
        ImmutableArray<RolloutRow> rollouts, RewardTable current, RewardTable? previous, TrainReferenceTable? trainReference, BootstrapOptions options, double g,
        ulong seed, double beta, PairColumnMaker columns, ExploredTable? explored = null, ScoredPairMaker? scored = null)
    {
        var (prompts, calibration) = RewardCalibration.Apply(
            [.. rollouts.Select(r => new BootstrapPrompt(
                r.Id, r.Prompt, [.. r.Responses.Select((response, k) => new BootstrapResponse(response.Text, response.Truncated, Reward(r, k)))]))],
            options, beta);
        var result = PreferenceBootstrap.Pairs(prompts, options, seed);
        var (kept, rows) = (new List<TrainingPairRow>(), new List<MarginRow>());
        for (var i = 0; i < rollouts.Length; i++)
        {
            var (rollout, verdict) = (rollouts[i], result.Verdicts[i]);
            if (verdict.Chosen < 0) continue;
            var (chosen, rejected) = (rollout.Responses[verdict.Chosen].Tokens, rollout.Responses[verdict.Rejected].Tokens);
            var id = IdOf(rollout);
            rows.Add(new MarginRow(id, verdict.Margin, verdict.Kept, chosen.Length, rejected.Length, Source, verdict.Filter));
            if (!verdict.Kept) continue;
            var pair = columns.Of(rollout.Id, [.. rollout.Responses.Select(r => r.Tokens)], verdict.Chosen, verdict.Rejected, margin: verdict.Margin);
            var (refChosen, refRejected) = trainReference?.Of(rollout.Id, verdict.Chosen, verdict.Rejected, pair) ?? default;
            kept.Add(new TrainingPairRow(id, rollout.PromptTokens, chosen, rejected, refChosen, refRejected, verdict.Margin, Source, pair, explored?.Of(rollout.Id)));
            scored?.Add(kept[^1], prompts[i].Responses[verdict.Chosen].Reward, prompts[i].Responses[verdict.Rejected].Reward);
        }
        kept = columns.Complete(kept);
        return (kept, rows, PairMargins.Statistics(rollouts.Length, result.Filtered, null, kept), calibration);

        double Reward(RolloutRow row, int k)
        {
            if (trainReference?.IsFinite(row.Id, k) == false) return double.NaN;
            var length = row.Responses[k].Tokens.Length;
            return MarginEnsemble.Combine(current.Of(row.Id, k, length), previous?.Of(row.Id, k, length), g);
        }
    }
}
