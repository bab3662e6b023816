using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Sera.Benchmarks.Results;
using Sera.Testing;

namespace Sera.Benchmarks.Rounds;

/// <summary>W4: the quickstart as a user starts it, by phase: how long, how fast, how much of the time its workers computed, how much memory.</summary>
internal sealed class RoundsBenchmark : Benchmark
{
    private readonly Option<string[]> _types = new("--types")
    {
        Description = "compute.dtype of the runs: f32, bf16.",
        HelpName = "type",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["f32", "bf16"],
    };

    private readonly Option<int> _rounds = Number("--rounds", "Rounds of a run.", 3);
    private readonly Option<int> _pairs = Number("--pairs", "Pairs of the sample that are read; 0 for all.", 0);
    private readonly Option<int> _repeats = Number("--repeats", "Runs of each type.", 3);

    public override string Name => "rounds";

    public override string Description => "W4: the quickstart in a process of its own, by phase.";

    public override IReadOnlyList<Option> Options => [_types, _rounds, _pairs, _repeats];

    public override async Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        var measured = new List<Measurement>();
        foreach (var type in parsed.GetValue(_types)!)
        {
            ImmutableArray<string> settings =
            [
                $"compute.dtype={type}", string.Create(CultureInfo.InvariantCulture, $"run.rounds={parsed.GetValue(_rounds)}"),
                .. parsed.GetValue(_pairs) is > 0 and var pairs ? [string.Create(CultureInfo.InvariantCulture, $"data.limit={pairs}")] : ImmutableArray<string>.Empty,
            ];
            var runs = new List<WatchedRun>();
            for (var i = 0; i < parsed.GetValue(_repeats); i++)
            {
                using var folder = new TemporaryFolder();
                runs.Add(await WatchedRun.OfAsync(folder.Path, settings, stop));
                tell(string.Create(CultureInfo.InvariantCulture, $"{type}: {runs[^1].Seconds:0.0} s, load {Machine.Load()}"));
            }
            measured.AddRange(Of(type, runs));
        }
        return measured;
    }

    private static IEnumerable<Measurement> Of(string type, List<WatchedRun> runs)
    {
        yield return Measurement.Of($"{type}, whole", "time", "s", runs.Select(r => r.Seconds));
        yield return Measurement.Of($"{type}, start to first work", "time", "s", runs.Select(r => r.ToFirstWork), "under 3");
        yield return Measurement.Of($"{type}, whole", "resident at the peak", "MiB", runs.Select(r => r.PeakMiB));
        yield return Measurement.Of($"{type}, after round 1", "resident", "MiB", runs.Select(r => r.RoundMiB[0]));
        yield return Measurement.Of($"{type}, after the last round", "resident", "MiB", runs.Select(r => r.RoundMiB[^1]));
        foreach (var kind in runs[0].Phases.Select(phase => phase.Kind))
        {
            var phases = runs.Select(r => r.Phases.Single(phase => phase.Kind == kind)).ToArray();
            var row = $"{type}, {kind}";
            yield return Measurement.Of(row, "time", "s", phases.Select(p => p.Seconds));
            yield return Measurement.Of(row, "throughput", "tokens/s", phases.Select(p => p.Tokens / p.Computed));
            yield return Measurement.Of(row, "computing", "% of the time", phases.Select(p => 100 * p.Computed / p.Seconds), "at least 95");
        }
    }
}
