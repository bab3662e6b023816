using System.Collections.Immutable;
using Sera.Host.Reports;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Tests.Reports;

/// <summary>A made-up run of three rounds, the same every time.</summary>
internal static class SampleRun
{
    public static readonly RunOptions Options = new(
        7, 3, new LossOptions("dpo", 0.1, 0.5), new SelectionOptions(0.7, 0.3), new BootstrapOptions(0.3, 4, false),
        new RoundPolicyOptions(PolicyChoice.Previous, PolicyChoice.Sft, PolicyChoice.Sft), new SamplingOptions(0.7, 0.95, 0, 64, []),
        new TrainingOptions(new LoraOptions(16, 32, ["q_proj"]), 1, 5e-5, 0.1, 0, 1, 16, 4096, 20), new EvaluationOptions(64, 3),
        new ShardOptions(256, 64, 4096, 64));

    public static ReportData Data { get; } = Make();

    public static RunSummary Summary => Data.Summary;

    private static ReportData Make()
    {
        ImmutableArray<ReportRound> rounds = [.. Enumerable.Range(0, 4).Select(MakeRound)];
        double[] right = [0.46, 0.58, 0.7125, 0.76];
        var summaries = rounds.Select(r => r.Round == 0
            ? new RoundSummary(0, Digest(0), EvalAccuracy: right[0])
            : Summarise(r, right[r.Round]));
        var summary = new RunSummary(
            "quickstart-0k9x2m4p7", 7, "cpu avx512 fp32 threads=1 libtorch=2.10", EvalKind.Gold, new BeforeAfter(0.5, 0.8125),
            new DataCounts(400, 44, 200, 160, new Dictionary<string, int> { ["too-long"] = 3, ["duplicate"] = 1 }.ToImmutableSortedDictionary()),
            [.. summaries], Digest(3), "runs/quickstart-0k9x2m4p7/policy");
        return new ReportData(summary, Options, [new ReportFact("pairs", "samples/pairs.jsonl")], rounds);
    }

    private static RoundSummary Summarise(ReportRound rows, double right)
    {
        var (first, kept) = (rows.Round == 1, rows.Margins.Where(m => m.Kept).ToArray());
        var (offline, margins) = (kept.Where(m => m.Source == "offline").ToArray(), kept.Select(m => m.Margin).ToArray());
        return new RoundSummary(
            rows.Round, Digest(rows.Round), first ? 0 : 400, offline.Length, first ? 0 : 800, kept.Length - offline.Length,
            rows.Margins.Where(m => m.Filter is not null).CountBy(m => m.Filter!).ToImmutableSortedDictionary(), kept.Length,
            rows.Steps.Average(s => s.Loss), rows.Steps.Average(s => s.Accuracy), first ? null : margins.Average(), MarginQuantiles.Of(margins),
            kept.Average(m => m.ChosenLength), kept.Average(m => m.RejectedLength), right,
            new FlippedAudit(0.2, offline.Average(m => m.Flipped == true ? 1.0 : 0.0)), new PhaseSeconds(4.25, 12.5, 0.1, 0.2, 41, 3));
    }

    private static string Digest(int round) => new((char)('a' + round), 64);

    private static ReportRound MakeRound(int round)
    {
        var random = new SeededRandom((ulong)round);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var answers = Enumerable.Range(0, 5).Select(i => new AnswerRow(
            $"e{i}", $"Sort these: pear, fig, plum {i}", round > i ? "fig, pear, plum" : "pear pear pear", i == 4 ? null : round > i));
        if (round == 0)
        {
            return new ReportRound(0, [], [], [.. answers]);
        }
        var steps = Enumerable.Range(1, 25).Select(i =>
        {
            var done = round - 1 + i / 25.0;
            return new StepMetrics(
                i, 0.7 / (1 + done) + 0.02 * Normal(), 0.2 * done, -0.9 * done, 1.1 * done + 0.1 * Normal(), 1 - 0.5 / (1 + 2 * done),
                -20 - 3 * done, 1.5, 5e-5, []);
        });
        var offline = Enumerable.Range(0, 400).Select(i =>
        {
            var flipped = i % 5 == 0;
            var difference = (int)(8 * Normal());
            var margin = round == 1 ? double.NaN : (flipped ? -1.2 : 1.5) * round + 0.04 * difference + Normal();
            return new MarginRow($"p{i}", margin, true, 20 + Math.Max(0, difference), 20 + Math.Max(0, -difference), "offline", null, flipped);
        }).ToArray();
        if (round == 1)
        {
            return new ReportRound(1, [.. offline], [.. steps], [.. answers]);
        }
        var selected = MarginSelection.TopK(offline.Select(m => m.Margin).ToArray(), 0.7).Selected.ToHashSet();
        var judged = offline.Select((m, i) => selected.Contains(i) ? m : m with { Kept = false, Filter = BootstrapFilters.BelowK });
        string?[] fates = [null, null, null, BootstrapFilters.BelowK, BootstrapFilters.Identical, BootstrapFilters.Truncated];
        var own = Enumerable.Range(0, 200).Select(i =>
        {
            var fate = fates[i % fates.Length];
            var margin = fate == BootstrapFilters.Truncated ? double.NaN : Math.Abs(Normal()) + (fate is null ? 1 : 0);
            return new MarginRow($"b{i}", margin, fate is null, 12 + i % 9, 14 + i % 4, "bootstrapped", fate);
        });
        return new ReportRound(round, [.. judged, .. own], [.. steps], [.. answers]);
    }
}
