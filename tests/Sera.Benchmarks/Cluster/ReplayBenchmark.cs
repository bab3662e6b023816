using System.CommandLine;
using System.Data.Common;
using System.Diagnostics;
using Akka.Configuration;
using Microsoft.Data.Sqlite;
using Npgsql;
using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Benchmarks.Results;
using Sera.Testing;
using Sera.Testing.Postgres;

namespace Sera.Benchmarks.Cluster;

/// <summary>How long a run with a long journal takes to come back: in its actor, and for who only reads it.</summary>
internal sealed class ReplayBenchmark : Benchmark
{
    private readonly Option<int> _events = Number("--events", "Events of the run.", 100_000);
    private readonly Option<int> _repeat = Number("--repeat", "Times that each is done.", 5);

    public override string Name => "replay";

    public override string Description => "Replay of a journal of 100,000 events, in PostgreSQL and SQLite.";

    public override IReadOnlyList<Option> Options => [_events, _repeat];

    public override async Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        var (events, repeat) = (parsed.GetValue(_events), parsed.GetValue(_repeat));
        using var folder = new TemporaryFolder();
        var workload = Workload.Prepare(folder.Path, 1);
        var measured = new List<Measurement>();

        await using var server = await PostgresServer.NewAsync();
        using var database = new JournalDatabase(await server.CreateDatabaseAsync("sera"));
        await database.CreateSchemaAsync(stop);
        var node = new ClusterNodeOptions(
            [NodeRoles.Control], "127.0.0.1", "127.0.0.1", 0, [], folder.Path, database.ConnectionString, "none", 1, () => throw new NotSupportedException());
        await MeasureAsync(
            "PostgreSQL", ConfigurationFactory.ParseString("akka.actor.provider = local").WithFallback(NodeConfiguration.Of(node, database)),
            () => new NpgsqlConnection(database.ConnectionString), runId => database.ReadRun(runId));

        var file = new JournalFile(Path.Combine(folder.Path, "embedded"));
        file.Prepare();
        await MeasureAsync(
            "SQLite", NodeConfiguration.Of(file), () => new SqliteConnection(JournalFile.ConnectionString(file.Path)), runId => file.ReadRun(runId));
        return measured;

        async Task MeasureAsync(string provider, Config config, Func<DbConnection> connect, Func<string, RunState?> read)
        {
            var start = workload.Start with { RunId = "long" };
            await using (var runs = await LoneRuns.StartAsync(config, folder.Path))
            {
                await runs.AskAsync(start);
                await runs.AskAsync(new PauseRun(start.RunId));
            }
            await using (var connection = connect())
            {
                await connection.OpenAsync(stop);
                await LongJournal.AppendAsync(connection, start, events, stop);
            }
            tell($"{provider}: {events} events are there");
            var (replays, reads) = (new List<double>(), new List<double>());
            for (var time = 0; time < repeat; time++)
            {
                await using (var runs = await LoneRuns.StartAsync(config, folder.Path))
                {
                    var begun = Stopwatch.GetTimestamp();
                    var reply = await runs.AskAsync(new PauseRun(start.RunId));
                    replays.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
                    if (reply.Kind != RunReplyKind.Accepted) throw new InvalidOperationException($"{provider}: {reply.Kind}, {reply.Reason}");
                }
                var readFrom = Stopwatch.GetTimestamp();
                var state = read(start.RunId);
                reads.Add(Stopwatch.GetElapsedTime(readFrom).TotalSeconds);
                if (state?.Events != events) throw new InvalidOperationException($"{provider}: {state?.Events} events were read, {events} written");
                tell(FormattableString.Invariant($"{provider}: replay {replays[^1]:0.00} s, read {reads[^1]:0.00} s, load {Machine.Load()}"));
            }
            measured.Add(Measurement.Of($"{provider}, the run's actor comes back", "time", "s", replays));
            measured.Add(Measurement.Of($"{provider}, the run is read", "time", "s", reads));
        }
    }
}
