using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Host.Reports;

/// <summary>What selection and bootstrapping took and left, round by round.</summary>
internal static class SelectionSection
{
    private static readonly (string Name, string Title)[] Sources = [("offline", "Offline pairs"), ("bootstrapped", "The policy's own answers")];

    public static void Write(HtmlPage page, ReportData data)
    {
        page.Put("h2", "Which pairs were kept");
        WriteFilters(page, data.Summary);
        WriteAudit(page, data.Summary);
        WriteCalibration(page, data.Summary);
        foreach (var round in data.Rounds.Where(r => r.Round > 1))
        {
            foreach (var (name, title) in Sources)
            {
                var rows = round.Margins.Where(m => m.Source == name && double.IsFinite(m.Margin)).ToArray();
                if (rows.Length > 0)
                {
                    WriteMargins(page, $"Round {round.Round}: {title}", rows);
                }
            }
        }
    }

    private static void WriteFilters(HtmlPage page, RunSummary summary)
    {
        var rounds = summary.Rounds.Where(r => r.Filtered is not null).ToArray();
        var reasons = rounds.SelectMany(r => r.Filtered!.Keys).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (reasons.Length == 0)
        {
            page.Put("p", "Nothing was left out.", "note");
            return;
        }
        page.Put("h3", "Left out, and why");
        ReportHtml.Table(
            page,
            ["reason", .. rounds.Select(r => $"round {r.Round}")],
            reasons.Select(reason => (IEnumerable<string>)
                [Explained(reason), .. rounds.Select(r => Figure.Count(r.Filtered!.GetValueOrDefault(reason)))]));
    }

    private static void WriteAudit(HtmlPage page, RunSummary summary)
    {
        var audited = summary.Rounds.Where(r => r.Audit is not null).ToArray();
        if (audited.Length == 0)
        {
            return;
        }
        page.Put("h3", "Flipped labels");
        page.Put(
            "p",
            "The data marks pairs whose labels were flipped on purpose. The run never sees the mark; here it shows whether selection finds them.",
            "note");
        ReportHtml.Table(
            page,
            ["round", "flipped among all offline pairs", "flipped among those kept"],
            audited.Select(r => (IEnumerable<string>)
                [Figure.Count(r.Round), Figure.Percent(r.Audit!.FlippedInData), Figure.Percent(r.Audit.FlippedKept)]));
    }

    private static void WriteCalibration(HtmlPage page, RunSummary summary)
    {
        var calibrated = summary.Rounds.Where(r => r.Calibration is not null).ToArray();
        if (calibrated.Length == 0)
        {
            return;
        }
        page.Put("h3", "Length taken out of the rewards");
        page.Put("p", "How many characters longer the best answer of a prompt is than its worst, before and after the calibration, mean over the prompts.", "note");
        ReportHtml.Table(
            page,
            ["round", "calibration", "parameter", "answers", "longer before", "longer after"],
            calibrated.Select(r => (IEnumerable<string>)
                [
                    Figure.Count(r.Round), r.Calibration!.Name, Figure.Number(r.Calibration.Parameter), Figure.Count(r.Calibration.Responses),
                    Figure.Number(r.Calibration.LengthGapBefore), Figure.Number(r.Calibration.LengthGapAfter),
                ]));
    }

    private static void WriteMargins(HtmlPage page, string title, MarginRow[] rows)
    {
        var kept = rows.Where(r => r.Kept).ToArray();
        page.Put("h3", title);
        page.Put(
            "p",
            $"{Figure.Count(kept.Length)} of {Figure.Count(rows.Length)} candidates kept. Correlation of margin and length difference: "
            + $"{Correlated(rows)} before selection, {Correlated(kept)} after. A policy that has learned that long is good shows a strong one.",
            "note");
        using (page.Open("div", "charts"))
        {
            ReportHtml.Picture(page, "Margins", Charts.Histogram($"{title}: margins", rows), ("all", "candidates"), ("kept", "kept"));
            ReportHtml.Picture(
                page, "Margin and length, before", Charts.Lengths($"{title}: margin and length before selection", "cell b", rows, rows));
            ReportHtml.Picture(
                page, "Margin and length, after", Charts.Lengths($"{title}: margin and length after selection", "cell a", kept, rows));
        }
    }

    private static string Correlated(IEnumerable<MarginRow> rows) =>
        Figure.Number(Correlation.Pearson(rows.Select(r => (Charts.LengthDifference(r), r.Margin))));

    private static string Explained(string reason) => reason switch
    {
        BootstrapFilters.AboveK => $"{reason}: not among the smallest margins",
        BootstrapFilters.BelowThreshold => $"{reason}: a margin below the threshold",
        BootstrapFilters.BelowK => $"{reason}: not among the largest margins",
        BootstrapFilters.Duplicate => $"{reason}: the same pair came twice",
        BootstrapFilters.Empty => $"{reason}: fewer than two answers were not empty",
        BootstrapFilters.Identical => $"{reason}: chosen and rejected answer are the same text",
        BootstrapFilters.MarginNotPositive => $"{reason}: the policy does not prefer the chosen answer",
        BootstrapFilters.NotDrawn => $"{reason}: not among those drawn at random",
        BootstrapFilters.NonFinite => $"{reason}: a reward was not a finite number",
        BootstrapFilters.Truncated => $"{reason}: fewer than two answers ended before the length limit",
        _ => reason,
    };
}
