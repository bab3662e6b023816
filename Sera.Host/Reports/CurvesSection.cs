using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Host.Reports;

/// <summary>Training over the steps of all rounds, and the evaluation over the rounds.</summary>
internal static class CurvesSection
{
    public static void Write(HtmlPage page, ReportData data)
    {
        ImmutableArray<StepMetrics> steps = [.. data.Rounds.SelectMany(r => r.Steps)];
        var measured = data.Summary.Rounds.Where(r => r.EvalAccuracy is not null).Select(r => (r.Round, r.EvalAccuracy!.Value)).ToArray();
        if (steps.IsEmpty && measured.Length == 0)
        {
            return;
        }
        page.Put("h2", "Curves");
        page.Put(
            "p",
            "A dashed line is the start of a round. The loss should fall and the margin rise. The log-probability of chosen may fall at the same "
            + "time: the loss only asks that chosen gains on rejected, and pushing rejected down often takes some of chosen along. It is worth a "
            + "look when it falls without end.",
            "note");
        using (page.Open("div", "charts"))
        {
            if (measured.Length > 0)
            {
                var name = data.Summary.EvalKind == EvalKind.HeldOutReward ? "Held-out reward accuracy" : "Evaluation prompts answered right";
                ReportHtml.Picture(page, name, Charts.Shares(name, "percent", measured));
            }
            if (!steps.IsEmpty)
            {
                WriteSteps(page, steps, Marks(data));
            }
        }
        var notFinite = steps.Sum(s => s.NonFinite.Length);
        if (notFinite > 0)
        {
            page.Put("p", $"{Figure.Count(notFinite)} times the loss of a pair was not a finite number; those pairs added nothing to their step.");
        }
    }

    private static void WriteSteps(HtmlPage page, ImmutableArray<StepMetrics> steps, ImmutableArray<double> marks)
    {
        Curve("Training loss", "loss", s => s.Loss);
        Curve("Reward margin", "margin", s => s.Margin);
        Curve("Reward accuracy: pairs ranked as the data ranks them", "percent", s => s.Accuracy * 100);
        ReportHtml.Picture(
            page,
            "Implicit reward of chosen and rejected",
            Charts.Steps(
                "Implicit reward of chosen and rejected", "reward", marks,
                ("line a", Values(s => s.ChosenReward)), ("line b", Values(s => s.RejectedReward))),
            ("a", "chosen"),
            ("b", "rejected"));
        Curve("Log-probability of chosen", "nats", s => s.ChosenLogps);

        void Curve(string name, string unit, Func<StepMetrics, double> value) =>
            ReportHtml.Picture(page, name, Charts.Steps(name, unit, marks, ("line a", Values(value))));

        double[] Values(Func<StepMetrics, double> value) => [.. steps.Select(value)];
    }

    private static ImmutableArray<double> Marks(ReportData data)
    {
        var ends = ImmutableArray.CreateBuilder<double>();
        var step = 0;
        foreach (var round in data.Rounds.Where(r => !r.Steps.IsEmpty))
        {
            step += round.Steps.Length;
            ends.Add(step);
        }
        return [.. ends.Take(ends.Count - 1)];
    }
}
