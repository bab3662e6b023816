using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Host.Cluster;
using Sera.Testing.Nodes;

namespace Sera.Benchmarks.Cluster;

/// <summary>A cluster of real processes whose workers only wait, a client of its first control node, and its journal.</summary>
internal sealed class SimulatedCluster : IAsyncDisposable
{
    private SimulatedCluster(ClusterHarness harness)
    {
        Harness = harness;
        Environment.SetEnvironmentVariable("SERA_TOKEN", harness.Token);
        Client = new ControlClient(harness.Control.First().Setup.Endpoint, _ => { });
        Journal = new JournalDatabase(harness.Journal);
    }

    public ClusterHarness Harness { get; }

    public ControlClient Client { get; }

    public JournalDatabase Journal { get; }

    /// <param name="tokensPerSecond">Of every simulated device.</param>
    /// <param name="workers">For each role of each node.</param>
    public static async Task<SimulatedCluster> StartAsync(ClusterLayout nodes, double tokensPerSecond, int workers = 1) => new(await ClusterHarness.StartAsync(
        nodes with { Straight = true, Arguments = ["--simulate", FormattableString.Invariant($"{tokensPerSecond}"), "--workers", $"{workers}"] }));

    /// <summary>Reads a run's events as they come, until there are enough of those that count.</summary>
    public async Task<IReadOnlyList<IRunEvent>> EventsAsync(string runId, Func<IRunEvent, bool> counts, int enough, CancellationToken stop)
    {
        var events = new List<IRunEvent>();
        while (events.Count(counts) < enough)
        {
            var page = Journal.ReadEvents(runId, events.Count + 1, RunRoutes.Page);
            events.AddRange(page.Select(stored => stored.Read()));
            if (events.OfType<RunFailed>().LastOrDefault() is { } failed) throw new InvalidOperationException($"run {runId} failed: {failed.Reason}");
            if (page.Count < RunRoutes.Page) await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
        }
        return events;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Journal.Dispose();
        await Harness.DisposeAsync();
    }
}
