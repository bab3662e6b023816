using System.CommandLine;
using Sera.Benchmarks.Results;
using Sera.Model.Data;
using Sera.Testing;
using Sera.Testing.Nodes;

namespace Sera.Benchmarks.Cluster.Recovery;

/// <summary>How long a cluster takes to notice and to mend what happens to its nodes, on real processes.</summary>
internal sealed class RecoveryBenchmark : Benchmark
{
    private static readonly (string Name, string Row, Func<RecoveryCluster, Task<IReadOnlyList<(string Figure, double Seconds)>>> Play)[] All =
    [
        ("killed", "worker killed", Scenarios.KilledAsync),
        ("suspended", "worker suspended", Scenarios.SuspendedAsync),
        ("leaving", "worker told to leave", Scenarios.LeavingAsync),
        ("joining", "scorer joins", Scenarios.JoiningAsync),
        ("coordinator", "coordinator's node killed", Scenarios.LostCoordinatorAsync),
    ];

    private readonly Option<string[]> _scenarios = new("--scenarios")
    {
        Description = string.Join(", ", All.Select(scenario => scenario.Name)) + ".",
        HelpName = "names",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. All.Select(scenario => scenario.Name)],
    };

    private readonly Option<int> _repeat = Number("--repeat", "Times that each happens.", 3);

    public override string Name => "recovery";

    public override string Description => "Detection of lost workers, re-lease of their orders, move of the coordinator, joining and leaving, on real processes.";

    public override IReadOnlyList<Option> Options => [_scenarios, _repeat];

    public override async Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        var wanted = parsed.GetValue(_scenarios)!.Select(name => All.FirstOrDefault(scenario => scenario.Name == name) is { Name: not null } found
            ? found
            : throw new InputException("--scenarios", $"'{name}'", string.Join(", ", All.Select(scenario => scenario.Name)), "correct it")).ToList();
        using var folder = new TemporaryFolder();
        var workload = Workload.Prepare(folder.Path, RecoveryCluster.Pairs);
        await using var cluster = await SimulatedCluster.StartAsync(ClusterLayout.Of(3, 0, 2, 0), workload.TokensPerPair);
        await workload.UploadAsync(cluster.Client, stop);
        using var watch = new ClusterWatch(cluster.Harness.Control.First(), cluster.Harness.Token);
        var played = new RecoveryCluster(cluster, workload, watch, stop);
        await played.WholeAsync();
        var measured = new List<Measurement>();
        foreach (var (_, row, play) in wanted)
        {
            var times = new List<IReadOnlyList<(string Figure, double Seconds)>>();
            for (var time = 0; time < parsed.GetValue(_repeat); time++)
            {
                times.Add(await play(played));
                tell($"{row}: {string.Join(", ", times[^1].Select(figure => FormattableString.Invariant($"{figure.Figure} {figure.Seconds:0.00} s")))}, load {Machine.Load()}");
            }
            foreach (var (figure, index) in times[0].Select((figure, index) => (figure.Figure, index)))
            {
                measured.Add(Measurement.Of(
                    $"{row}, {figure}", "time", "s", times.Select(t => t[index].Seconds), figure == "joined to first order" ? "under 5" : null));
            }
        }
        return measured;
    }
}
