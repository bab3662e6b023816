using System.Text;
using Sera.Model.Alignment;

namespace Sera.Host.Reports;

/// <summary>
/// report.html: one file that needs nothing else, no script, no request; for a phone and for a screen, light and dark. The same data give
/// the same bytes.
/// </summary>
internal static class ReportHtml
{
    /// <summary>UTF-8 without a byte order mark.</summary>
    public static byte[] Write(ReportData data) => Encoding.UTF8.GetBytes(Page(data));

    internal static string Page(ReportData data)
    {
        data = data with { Rounds = [.. data.Rounds.OrderBy(r => r.Round)] };
        return HtmlPage.Whole($"{data.Summary.RunId} - Sera", ReportStyle.Css, page =>
        {
            WriteHead(page, data);
            WriteRounds(page, data.Summary);
            CurvesSection.Write(page, data);
            SelectionSection.Write(page, data);
            AnswersSection.Write(page, data);
        });
    }

    /// <summary>A figure with its caption and what its colours mean.</summary>
    internal static void Picture(HtmlPage page, string caption, string svg, params (string Swatch, string Meaning)[] legend)
    {
        using (page.Open("figure"))
        {
            page.Put("figcaption", caption);
            page.Raw(svg);
            if (legend.Length > 0)
            {
                using (page.Open("p", "legend"))
                {
                    foreach (var (swatch, meaning) in legend)
                    {
                        page.Raw($"<span class=\"swatch {swatch}\"></span>");
                        page.Text(meaning);
                    }
                }
            }
        }
    }

    internal static void Table(HtmlPage page, IEnumerable<string> titles, IEnumerable<IEnumerable<string>> rows)
    {
        using (page.Open("div", "scroll"))
        using (page.Open("table"))
        {
            Row("th", titles);
            foreach (var row in rows)
            {
                Row("td", row);
            }
        }

        void Row(string tag, IEnumerable<string> cells)
        {
            using (page.Open("tr"))
            {
                foreach (var cell in cells)
                {
                    page.Put(tag, cell);
                }
            }
        }
    }

    private static void WriteHead(HtmlPage page, ReportData data)
    {
        var summary = data.Summary;
        page.Put("h1", summary.RunId);
        page.Put("p", Outcome(summary), "lead");
        using (page.Open("dl"))
        {
            foreach (var fact in ReportFacts.Of(summary, data.Options).Concat(data.Facts))
            {
                page.Put("dt", fact.Name);
                page.Put("dd", fact.Value);
            }
        }
    }

    private static string Outcome(RunSummary summary)
    {
        var measured = summary.Rounds.Where(r => r.EvalAccuracy is not null).ToArray();
        var what = summary.EvalKind == EvalKind.HeldOutReward ? "Held-out reward accuracy" : "Right answers to the evaluation prompts";
        var sentence = measured.Length < 2
            ? "The policy was not measured before and after."
            : $"{what}: {Figure.Percent(measured[0].EvalAccuracy)} before, "
                + $"{Figure.Percent(measured[^1].EvalAccuracy)} after round {measured[^1].Round}.";
        return summary.FinalPolicySha256 is null ? sentence + " The run has not ended yet." : sentence;
    }

    private static void WriteRounds(HtmlPage page, RunSummary summary)
    {
        page.Put("h2", "Round by round");
        page.Put(
            "p",
            "Round 0 is the starting policy. Round 1 trains on all offline pairs; every later round first judges them with the policy it has, keeps "
            + "the clearest, and adds pairs made of the policy's own answers.",
            "note");
        var columns = SummaryColumns.Of(summary);
        Table(page, columns.Select(c => c.Title), summary.Rounds.Select(r => columns.Select(c => c.Cell(r))));
        if (summary.Rounds.Any(r => r.MarginQuantiles is not null))
        {
            page.Put("h3", "Margins of the kept pairs");
            page.Put("p", "The margin says how much more the policy likes chosen than rejected, compared with the reference.", "note");
            Table(
                page,
                ["round", "10 %", "25 %", "median", "75 %", "90 %"],
                summary.Rounds.Where(r => r.MarginQuantiles is not null).Select(r => Quantiles(r.Round, r.MarginQuantiles!)));
        }
        if (summary.Rounds.Any(r => r.Seconds is not null))
        {
            page.Put("h3", "Where the time went");
            page.Put("p", "Work time summed over workers; what ran at the same time counts twice.", "note");
            Table(
                page,
                ["round", "score", "generate", "select", "bootstrap", "train", "evaluate"],
                summary.Rounds.Where(r => r.Seconds is not null).Select(r => Times(r.Round, r.Seconds!)));
        }
    }

    private static IEnumerable<string> Quantiles(int round, MarginQuantiles q) =>
        [Figure.Count(round), .. new[] { q.P10, q.P25, q.P50, q.P75, q.P90 }.Select(v => Figure.Number(v))];

    private static IEnumerable<string> Times(int round, PhaseSeconds s) =>
        [Figure.Count(round), .. new[] { s.Score, s.Generate, s.Select, s.Bootstrap, s.Train, s.Eval }.Select(v => Figure.Seconds(v))];
}
