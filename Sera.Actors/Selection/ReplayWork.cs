using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Actors.Selection;

/// <summary>The offline pairs that a round replays beside its bootstrapped ones. No policy has scored them, so they have no margins.</summary>
internal static class ReplayWork
{
    public static SelectedPairs Run(SelectOrder order, ReplayDraw replay, WorkerSetup setup)
    {
        var pairs = setup.Rows.Read(order.Pairs, RowJson.Default.PairRow);
        var (kept, statistics, audit) = Draw(
            pairs, setup.Rows.Read(replay.Bootstrapped, RowJson.Default.TrainingPairRow), TrainReferenceTable.Read(order.Loss, order.TrainReference, setup.Rows),
            replay.Share, order.Seed,
            new PairColumnMaker(
                order.Loss, null, null, labelled: true, PairColumnMaker.Refinement(order.Refinement, setup.Rows), ScoreTable.Read(order.States ?? [], setup.Rows)));
        return new SelectedPairs(
            setup.Store.Write("training-pairs", RowFile.Write(kept, RowJson.Default.TrainingPairRow)),
            setup.Store.Write("margins", RowFile.Write([], RowJson.Default.MarginRow)), statistics, audit);
    }

    /// <param name="trainReference">null where the loss is free of a reference.</param>
    /// <returns>The pairs drawn, in the order of the data.</returns>
    public static (List<TrainingPairRow> Kept, PairStatistics Statistics, NoiseAudit? Audit) Draw(
        ImmutableArray<PairRow> pairs, ImmutableArray<TrainingPairRow> bootstrapped, TrainReferenceTable? trainReference, double share, ulong seed,
        PairColumnMaker columns)
    {
        var prompts = bootstrapped.Select(p => Key(p.PromptTokens)).ToHashSet(StringComparer.Ordinal);
        int[] usable = [.. Enumerable.Range(0, pairs.Length).Where(i => SelectionWork.IsUsable(pairs[i], trainReference))];
        var drawn = ReplayMix.Draw(
            [.. usable.Select(i => (pairs[i].Id, !prompts.Contains(Key(pairs[i].PromptTokens))))], ReplayMix.CountBeside(bootstrapped.Length, share), seed);
        var filters = usable.Zip(drawn).ToDictionary();
        var filtered = Enumerable.Range(0, pairs.Length).Select(i => filters.GetValueOrDefault(i, BootstrapFilters.NonFinite)).OfType<string>()
            .CountBy(filter => filter).ToDictionary();
        var selected = usable.Where(i => filters[i] is null).ToHashSet();
        var kept = selected.Order().Select(i => SelectionWork.Training(
            pairs[i], null, trainReference, columns.Of(pairs[i].Id, [pairs[i].ChosenTokens, pairs[i].RejectedTokens], 0, 1, label: pairs[i].ChosenWinRate))).ToList();
        return (columns.Complete(kept), PairMargins.Statistics(pairs.Length, filtered, null, kept), SelectionWork.Audit(pairs, selected));
    }

    private static string Key(ImmutableArray<int> prompt) => string.Join(' ', prompt);
}
