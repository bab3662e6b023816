using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Host.Reports;

/// <summary>The figures of a round's summary that are read off its rows.</summary>
internal static class RoundFigures
{
    /// <summary><paramref name="summary"/> with everything its margin rows and steps tell; the rest stays.</summary>
    public static RoundSummary Fill(RoundSummary summary, ReportRound rows)
    {
        var kept = rows.Margins.Where(m => m.Kept).ToArray();
        var margins = summary.Round < 2 ? [] : kept.Select(m => m.Margin).Where(double.IsFinite).ToArray();
        var steps = rows.Steps;
        return summary with
        {
            TrainLoss = steps.IsEmpty ? null : steps.Average(s => s.Loss),
            RewardAccuracy = steps.IsEmpty ? null : steps.Average(s => s.Accuracy),
            MarginMean = margins.Length == 0 ? null : margins.Average(),
            MarginQuantiles = MarginQuantiles.Of(margins),
            ChosenLength = kept.Length == 0 ? null : kept.Average(m => m.ChosenLength),
            RejectedLength = kept.Length == 0 ? null : kept.Average(m => m.RejectedLength),
            Audit = Audit(rows.Margins),
        };
    }

    /// <summary>Null where the data says of no offline pair whether it is flipped.</summary>
    private static FlippedAudit? Audit(IEnumerable<MarginRow> margins)
    {
        var known = margins.Where(m => m.Flipped is not null).ToArray();
        var kept = known.Where(m => m.Kept).ToArray();
        return known.Length == 0 ? null : new FlippedAudit(Share(known), Share(kept));
    }

    private static double Share(MarginRow[] rows) => rows.Length == 0 ? 0 : (double)rows.Count(m => m.Flipped == true) / rows.Length;
}
