using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Actors.Selection;

/// <summary>Margin-based selection on rows; a pure function of them, whose formulas are in Sera.Model.Alignment.</summary>
internal static class SelectionWork
{
    public const string Source = "offline";

    public static SelectedPairs Run(SelectOrder order, WorkerSetup setup)
    {
        if (order.Replay is { } replay) return ReplayWork.Run(order, replay, setup);
        var pairs = setup.Rows.Read(order.Pairs, RowJson.Default.PairRow);
        var (current, previous) = (RewardTable.Read(order.Current, order.Loss, setup.Rows), RewardTable.Read(order.Previous, order.Loss, setup.Rows));
        var scored = ScoredPairMaker.Read(order.ScorePrefixes, setup.Rows);
        var (kept, margins, statistics, audit) = Select(
            pairs, current, previous, TrainReferenceTable.Read(order.Loss, order.TrainReference, setup.Rows), order.Selection,
            order.Seed,
            new PairColumnMaker(
                order.Loss, current, previous, labelled: true, PairColumnMaker.Refinement(order.Refinement, setup.Rows), ScoreTable.Read(order.States ?? [], setup.Rows)),
            scored);
        var augmented = scored?.Make() ?? [];
        return new SelectedPairs(
            setup.Store.Write("training-pairs", RowFile.Write([.. kept, .. augmented], RowJson.Default.TrainingPairRow)),
            setup.Store.Write("margins", RowFile.Write(margins, RowJson.Default.MarginRow)), statistics with { Augmented = augmented.Count }, audit);
    }

    /// <param name="current">Rewards under pi_(t-1); null in round 1, which keeps all pairs and has no margins.</param>
    /// <param name="previous">Rewards under pi_(t-2), or null.</param>
    /// <param name="trainReference">null where the loss is free of a reference.</param>
    /// <param name="seed">Of a rule that draws.</param>
    /// <param name="scored">Gets the kept pairs with their rewards, where there are rewards; null where nobody asks for them.</param>
    /// <returns>Kept pairs and margins in the order of the data.</returns>
    public static (List<TrainingPairRow> Kept, List<MarginRow> Margins, PairStatistics Statistics, NoiseAudit? Audit) Select(
        ImmutableArray<PairRow> pairs, RewardTable? current, RewardTable? previous, TrainReferenceTable? trainReference, SelectionOptions options,
        ulong seed, PairColumnMaker columns, ScoredPairMaker? scored = null)
    {
        var usable = pairs.Select(p => IsUsable(p, trainReference)).ToArray();
        var margins = current is null ? null : Ensemble(pairs, current, previous, options.Ensemble);
        var selected = margins is null
            ? Enumerable.Range(0, pairs.Length).Where(i => usable[i]).ToHashSet()
            : MarginSelection.Select(
                [.. pairs.Select(p => p.Id)], [.. margins.Select((m, i) => usable[i] ? m : double.NaN)], options, seed).Selected.ToHashSet();
        var leftOut = SelectionRules.Of(options).LeftOut;

        var (kept, rows) = (new List<TrainingPairRow>(), new List<MarginRow>());
        var filtered = new Dictionary<string, int>();
        for (var i = 0; i < pairs.Length; i++)
        {
            var pair = pairs[i];
            var filter = selected.Contains(i) ? null
                : usable[i] && double.IsFinite(margins![i]) ? leftOut : BootstrapFilters.NonFinite;
            if (filter is not null) filtered[filter] = filtered.GetValueOrDefault(filter) + 1;
            else kept.Add(Training(pair, margins?[i], trainReference, columns.Of(pair.Id, [pair.ChosenTokens, pair.RejectedTokens], 0, 1, label: pair.ChosenWinRate)));
            if (margins is null) continue;
            if (filter is null) scored?.Add(kept[^1], Reward(pair, 0, pair.ChosenTokens.Length), Reward(pair, 1, pair.RejectedTokens.Length));
            rows.Add(new MarginRow(
                pair.Id, margins[i], filter is null, pair.ChosenTokens.Length, pair.RejectedTokens.Length, Source, filter, pair.Flipped));
        }
        kept = columns.Complete(kept);
        double? accuracy = margins is null ? null : Margins.Accuracy(margins);
        return (kept, rows, PairMargins.Statistics(pairs.Length, filtered, accuracy, kept), Audit(pairs, selected));

        double Reward(PairRow pair, int response, int length) =>
            MarginEnsemble.Combine(current!.Of(pair.Id, response, length), previous?.Of(pair.Id, response, length), options.Ensemble);
    }

    /// <summary>Whether a pair may be trained on at all.</summary>
    internal static bool IsUsable(PairRow pair, TrainReferenceTable? reference) =>
        reference is null || (reference.IsFinite(pair.Id, 0) && reference.IsFinite(pair.Id, 1));

    private static double[] Ensemble(ImmutableArray<PairRow> pairs, RewardTable current, RewardTable? previous, double g) =>
        MarginEnsemble.Combine(
            pairs.Select(current.Margin).ToArray(), previous is null ? [] : pairs.Select(previous.Margin).ToArray(), g);

    internal static TrainingPairRow Training(PairRow pair, double? margin, TrainReferenceTable? reference, PairColumns? columns)
    {
        var (chosen, rejected) = reference?.Of(pair.Id, 0, 1, columns) ?? default;
        return new TrainingPairRow(pair.Id, pair.PromptTokens, pair.ChosenTokens, pair.RejectedTokens, chosen, rejected, margin, Source, columns);
    }

    internal static NoiseAudit? Audit(ImmutableArray<PairRow> pairs, HashSet<int> selected)
    {
        var marked = Enumerable.Range(0, pairs.Length).Where(i => pairs[i].Flipped is not null).ToArray();
        var kept = marked.Where(selected.Contains).ToArray();
        return marked.Length == 0
            ? null
            : new NoiseAudit(Share(marked), kept.Length == 0 ? 0 : Share(kept));

        double Share(int[] rows) => rows.Average(i => pairs[i].Flipped!.Value ? 1.0 : 0.0);
    }
}
