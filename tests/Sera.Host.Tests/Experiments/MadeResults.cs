using System.Collections.Immutable;
using Sera.Host.Configuration;
using Sera.Host.Experiments;
using Sera.Host.Reports;

namespace Sera.Host.Tests.Experiments;

/// <summary>Results made by hand: an arm is what its runs came to, seed by seed.</summary>
internal static class MadeResults
{
    private static readonly RunSettings Settings = RunFile.Parse("x.conf", "", []);

    /// <summary>Two arms on three seeds; the second of seed 3 failed.</summary>
    public static readonly ExperimentResults Two = Of("plain",
        ("plain", [Run(1, 0.50, 0.60), Run(2, 0.52, 0.62), Run(3, 0.54, 0.64)]),
        ("better | <new>", [Run(1, 0.50, 0.70), Run(2, 0.52, 0.74), null]));

    public static ExperimentResults Of(string? baseline, params (string Name, RunSummary?[] Runs)[] arms)
    {
        ImmutableArray<Arm> all = [.. arms.Select(arm => new Arm(arm.Name, Settings))];
        ImmutableArray<long> seeds = [.. Enumerable.Range(1, arms[0].Runs.Length).Select(seed => (long)seed)];
        var experiment = new Experiment("made", "hocon/made.conf", seeds, all, baseline, []);
        return new ExperimentResults(experiment,
        [
            .. experiment.Cells.Select(cell => arms.Single(arm => arm.Name == cell.Arm.Name).Runs[cell.Seed - 1] is { } run
                ? new CellResult(cell, run.RunId, run, null)
                : new CellResult(cell, "run-lost", null, new CellFailure(2, "the disk is full"))),
        ]);
    }

    /// <summary>A run whose share of right answers is as given, round by round, beginning with the starting policy.</summary>
    public static RunSummary Run(int seed, params double[] right) => new(
        $"run-{seed}", (ulong)seed, "cpu", EvalKind.Gold, new BeforeAfter(0.5, right[^1] + 0.1),
        new DataCounts(10, 1, 10, 10, ImmutableSortedDictionary<string, int>.Empty),
        [
            .. right.Select((share, round) => round == 0
                ? new RoundSummary(0, new string('a', 64), EvalAccuracy: share)
                : new RoundSummary(round, new string('b', 64), TrainPairs: 100 + seed, TrainLoss: 0.5, EvalAccuracy: share)),
        ],
        new string('b', 64), null);
}
