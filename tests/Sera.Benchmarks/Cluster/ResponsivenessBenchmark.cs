using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Headers;
using Npgsql;
using Sera.Benchmarks.Results;
using Sera.Host.Cluster;
using Sera.Host.Commands;
using Sera.Testing;
using Sera.Testing.Nodes;

namespace Sera.Benchmarks.Cluster;

/// <summary>How fast a cluster answers its clients while many runs wait in it for many orders, some of them in work.</summary>
internal sealed class ResponsivenessBenchmark : Benchmark
{
    private const int Workers = 8;

    private readonly Option<int> _runs = Number("--runs", "Runs at work at the same time.", 100);
    private readonly Option<int> _orders = Number("--orders", "Outstanding orders of each of them.", 100);
    private readonly Option<int> _history = Number("--history", "Events of a former run in the same journal.", 100_000);
    private readonly Option<int> _requests = Number("--requests", "Requests of each kind, one after the other.", 200);
    private readonly Option<int> _repeat = Number("--repeat", "Times that everything is asked for.", 3);

    public override string Name => "responsiveness";

    public override string Description => "Time of every answer about runs and nodes, with 10,000 outstanding orders and 100 runs.";

    public override IReadOnlyList<Option> Options => [_runs, _orders, _history, _requests, _repeat];

    public override async Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        var (runs, orders, requests, repeat) = (parsed.GetValue(_runs), parsed.GetValue(_orders), parsed.GetValue(_requests), parsed.GetValue(_repeat));
        using var folder = new TemporaryFolder();
        var workload = Workload.Prepare(folder.Path, orders);
        // Orders of two seconds: results are recorded all the time while the cluster is asked.
        await using var cluster = await SimulatedCluster.StartAsync(ClusterLayout.Of(1, 0, 2, 0), workload.TokensPerPair / 2, Workers / 2);
        await workload.UploadAsync(cluster.Client, stop);
        await RememberAsync(cluster, workload, parsed.GetValue(_history), stop);
        var ids = new List<string>();
        for (var run = 0; run < runs; run++) ids.Add(await workload.SubmitAsync(cluster.Client, orders, 1, 1, stop));
        using var http = new HttpClient { BaseAddress = new Uri($"http://{cluster.Harness.Control.First().Setup.Endpoint}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Harness.Token);

        var last = ids[^1];
        var asked = new (string Name, Func<Task> Ask)[]
        {
            ("GET /runs", () => http.GetByteArrayAsync("/runs", stop)),
            ("GET /runs/{id}", () => http.GetByteArrayAsync($"/runs/{last}", stop)),
            ("GET /runs/{id}/events", () => http.GetByteArrayAsync($"/runs/{last}/events?from=1", stop)),
            ("GET /runs/{id}/work", () => http.GetByteArrayAsync($"/runs/{last}/work", stop)),
            ("GET /nodes", () => http.GetByteArrayAsync("/nodes", stop)),
            ("sera status --cluster", () => StatusAsync(cluster, null, stop)),
            ("sera status <run> --cluster", () => StatusAsync(cluster, last, stop)),
        };
        var outstanding = (await cluster.Client.GetAsync<ClusterView>("/nodes", stop)).Work.Runs.Sum(run => run.Outstanding);
        tell($"{outstanding} orders outstanding in {runs} runs, {Workers} workers, load {Machine.Load()}");
        var measured = new List<Measurement>();
        foreach (var (name, ask) in asked)
        {
            var times = new List<IReadOnlyList<double>>();
            for (var time = 0; time < repeat; time++) times.Add(await TimesAsync(ask, requests));
            measured.Add(Measurement.Of(name, "median", "ms", times.Select(t => Measurement.Quantile(t, 0.5)), "under 100"));
            measured.Add(Measurement.Of(name, "99th percentile", "ms", times.Select(t => Measurement.Quantile(t, 0.99)), "under 100"));
            measured.Add(Measurement.Of(name, "longest", "ms", times.Select(t => t.Max())));
            tell($"{name}: {measured[^3]} ms, 99 %: {measured[^2]} ms");
        }
        return measured;
    }

    /// <summary>A cluster is seldom new: a run that was cancelled, and its events.</summary>
    private static async Task RememberAsync(SimulatedCluster cluster, Workload workload, int events, CancellationToken stop)
    {
        var runId = await workload.SubmitAsync(cluster.Client, 1, 1, 1, stop);
        await Workload.CancelAsync(cluster.Client, runId, stop);
        await using var connection = new NpgsqlConnection(cluster.Harness.Journal);
        await connection.OpenAsync(stop);
        await LongJournal.AppendAsync(connection, workload.Start with { RunId = runId }, events, stop);
        await using var analyze = new NpgsqlCommand("ANALYZE", connection); // as the server does by itself, in a while
        await analyze.ExecuteNonQueryAsync(stop);
    }

    /// <summary>The verb itself, without the start of a process for it.</summary>
    private static async Task StatusAsync(SimulatedCluster cluster, string? runId, CancellationToken stop)
    {
        var context = new CommandContext(TextWriter.Null, TextWriter.Null, null, stop);
        await ClusterListing.StatusAsync(context, cluster.Client.Address, runId, json: true);
    }

    private static async Task<IReadOnlyList<double>> TimesAsync(Func<Task> ask, int requests)
    {
        var times = new List<double>();
        await ask();
        for (var request = 0; request < requests; request++)
        {
            var begun = Stopwatch.GetTimestamp();
            await ask();
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return times;
    }
}
