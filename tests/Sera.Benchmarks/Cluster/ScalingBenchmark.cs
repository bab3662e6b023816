using System.CommandLine;
using Sera.Actors.Work;
using Sera.Benchmarks.Results;
using Sera.Model.Data;
using Sera.Testing;
using Sera.Testing.Nodes;

namespace Sera.Benchmarks.Cluster;

/// <summary>
/// One phase of a run on more and more workers that wait as long as a device would: what is lost to handing out orders, moving inputs and results
/// and recording them. Work grows with the workers, so that every size takes about the same time.
/// </summary>
internal sealed class ScalingBenchmark : Benchmark
{
    /// <summary>More workers share processes: an idle one takes 0.25 GB.</summary>
    private const int MaxProcesses = 8;

    private const int Shard = 4;

    private readonly Option<int[]> _workers = Numbers("--workers", "Workers, one size after the other.", 1, 2, 4, 8, 16, 32, 64);
    private readonly Option<int> _orders = Number("--orders", "Orders for each worker.", 20);
    private readonly Option<double> _seconds = Real("--seconds", "How long the device computes for one order.", 2);
    private readonly Option<string> _phase = new("--phase") { Description = "score or generate.", HelpName = "phase", DefaultValueFactory = _ => "score" };
    private readonly Option<int> _repeat = Number("--repeat", "Runs for each size.", 3);

    public override string Name => "scaling";

    public override string Description => "Dispatcher throughput, efficiency and coordination by number of workers, on simulated devices in real processes.";

    public override IReadOnlyList<Option> Options => [_workers, _orders, _seconds, _phase, _repeat];

    public override async Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        var (workers, orders, seconds) = (parsed.GetValue(_workers)!, parsed.GetValue(_orders), parsed.GetValue(_seconds));
        var kind = parsed.GetValue(_phase) switch
        {
            "score" => WorkKind.Score,
            "generate" => WorkKind.Generate,
            var other => throw new InputException("--phase", $"'{other}'", "score or generate", "correct it"),
        };
        using var folder = new TemporaryFolder();
        var workload = Workload.Prepare(folder.Path, (workers.Max() * orders * Shard) + Shard);
        // Tokens of an order of either kind; generation counts those that may come.
        var tokens = Shard * (kind == WorkKind.Score ? workload.TokensPerPair : workload.Start.Options.Evaluation.MaxNewTokens);
        var measured = new List<Measurement>();
        foreach (var count in workers)
        {
            var times = await SizeAsync(workload, kind, count, orders, Math.Round(tokens / seconds, 3), parsed.GetValue(_repeat), tell, stop);
            var row = count == 1 ? "1 worker" : $"{count} workers";
            var rate = Math.Round(tokens / seconds, 3);
            measured.Add(Measurement.Of(row, "efficiency", "% of linear", times.Select(t => 100 * t.Efficiency(count, rate)), "at least 95"));
            measured.Add(Measurement.Of(row, "coordination", "% of wall time", times.Select(t => 100 * t.Coordination), "under 2"));
            measured.Add(Measurement.Of(row, "throughput", "orders/s", times.Select(t => t.OrdersPerSecond)));
            measured.Add(Measurement.Of(row, "orders", "", [times[0].Orders]));
            measured.Add(Measurement.Of(row, "wall time", "s", times.Select(t => t.Seconds)));
        }
        return measured;
    }

    private static async Task<IReadOnlyList<PhaseTimes>> SizeAsync(
        Workload workload, WorkKind kind, int workers, int orders, double tokensPerSecond, int repeat, Action<string> tell, CancellationToken stop)
    {
        var processes = Math.Min(workers, MaxProcesses);
        var layout = kind == WorkKind.Score ? ClusterLayout.Of(1, 0, processes, 0) : ClusterLayout.Of(1, processes, 0, 0);
        await using var cluster = await SimulatedCluster.StartAsync(layout, tokensPerSecond, workers / processes);
        await workload.UploadAsync(cluster.Client, stop);
        var times = new List<PhaseTimes>();
        // The first run, one order a worker, brings the policy to every node, as the round before does in a long run.
        for (var run = 0; run <= repeat; run++)
        {
            var wanted = run == 0 ? workers : workers * orders;
            var (pairs, prompts) = kind == WorkKind.Score ? (wanted * Shard, Shard) : (Shard, wanted * Shard);
            var id = await workload.SubmitAsync(cluster.Client, pairs, prompts, Shard, stop);
            var events = await cluster.EventsAsync(id, e => PhaseTimes.EffortOf(e)?.Worker == kind, wanted, stop);
            await Workload.CancelAsync(cluster.Client, id, stop);
            if (run == 0) continue;
            var time = PhaseTimes.Of(events, kind, workers);
            times.Add(time);
            tell(FormattableString.Invariant(
                $"{workers} workers in {processes} processes: {time.Orders} orders in {time.Seconds:0.0} s, efficiency {100 * time.Efficiency(workers, tokensPerSecond):0.0} %, coordination {100 * time.Coordination:0.00} %, load {Machine.Load()}"));
        }
        return times;
    }
}
