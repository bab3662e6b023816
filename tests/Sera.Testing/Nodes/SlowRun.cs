using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text.Json;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Testing.Processes;

namespace Sera.Testing.Nodes;

/// <summary>
/// A run of one round whose pairs are scored for minutes, an order of some seconds after the other, by nodes that compute nothing (`sera node
/// --simulate`): long enough for workers to come and go in the middle. Everything else of the run takes no time.
/// </summary>
internal sealed class SlowRun : IDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(4);
    private readonly ClusterHarness _cluster;
    private readonly HttpClient _http;
    private readonly JournalDatabase _journal;
    private readonly string _work = Directory.CreateTempSubdirectory("sera-slow-").FullName;

    private SlowRun(ClusterHarness cluster) => (_cluster, _http, _journal) = (cluster, cluster.Http(cluster.Control.First()), new JournalDatabase(cluster.Journal));

    /// <summary>For <see cref="ClusterHarness.StartAsync"/>: scorers are slow, everybody else is fast.</summary>
    /// <param name="rate">Tokens a second of a scorer; an order has some 230.</param>
    public static ImmutableArray<string> Simulated(string node, int rate) => ["--simulate", node.StartsWith("score", StringComparison.Ordinal) ? $"{rate}" : "1000000"];

    /// <summary>Begins it.</summary>
    public static SlowRun Start(ClusterHarness cluster)
    {
        var run = new SlowRun(cluster);
        cluster.Client([
            .. SampleRuns.Small(run._work, "run.rounds=1", "compute.engine=simulated", "shards.score-pairs=10"), "--cluster", cluster.Control.First().Setup.Endpoint]);
        return run;
    }

    /// <summary>What has been recorded; null before its first event.</summary>
    public RunState? State => _journal.Heads() is [var head] ? _journal.ReadRun(head.RunId) : null;

    /// <summary>Whether the result of an order of scoring is recorded.</summary>
    public bool IsDone(string workId) => State!.Scores.Values.Any(scored => scored.WorkId == workId);

    /// <summary>Whether all pairs of the round are scored.</summary>
    public bool IsScored => State is { Rounds: [_, { Selected: not null }, ..] };

    /// <summary>The order of the round's scoring that a node has in hand; null for none.</summary>
    public async Task<string?> HeldAsync(ClusterNode node)
    {
        try
        {
            var view = await _http.GetFromJsonAsync<JsonElement>("/nodes");
            return view.GetProperty("work").GetProperty("workers").EnumerateArray()
                .Where(worker => worker.GetProperty("address").GetString()!.Contains($"@{node.Setup.Host}:{node.Setup.Port}/", StringComparison.Ordinal)
                    && worker.GetProperty("workId").ValueKind == JsonValueKind.String && worker.GetProperty("round").GetInt32() == 1)
                .Select(worker => worker.GetProperty("workId").GetString()).FirstOrDefault();
        }
        catch (HttpRequestException)
        {
            // No coordinator at the moment.
            return null;
        }
    }

    /// <returns>What the node has in hand as soon as it has something, or something else than before.</returns>
    public async Task<string> NextAsync(ClusterNode node, string? before = null)
    {
        string? held = null;
        await UntilAsync(async () => (held = await HeldAsync(node)) is not null && held != before, $"{node.Name} got no order");
        return held!;
    }

    public Task UntilAsync(Func<Task<bool>> condition, string complaint) => Patience.UntilAsync(condition, Ceiling, () => $"{complaint}\n{_cluster.Logs()}");

    public void Dispose()
    {
        _http.Dispose();
        _journal.Dispose();
        Directory.Delete(_work, recursive: true);
    }
}
