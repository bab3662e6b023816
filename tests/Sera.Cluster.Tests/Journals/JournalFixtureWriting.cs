using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Model.Data;
using Sera.Testing;
using Sera.Testing.Nodes;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Journals;

/// <summary>
/// Makes the journals of a release by real runs of it; once a release, with SERA_WRITE_FIXTURES=1. What is there is never written again.
/// </summary>
public sealed class JournalFixtureWriting
{
    private const int Tries = 5;
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(20);

    /// <summary>Diverges at once, and so fails for a reason of its own.</summary>
    private const string Diverging = "training.learning-rate=1e30";

    [WritingFact]
    public async Task Of_one_process()
    {
        await RunAsync("completed", RunStatus.Completed);
        await RunAsync("failed", RunStatus.Failed, Diverging);
        await KilledAsync("killed-generating", Generates);
        await KilledAsync("killed-training", Trains);
    }

    [WritingFact]
    public async Task Of_a_cluster()
    {
        await using var cluster = await ClusterHarness.StartAsync(new ClusterLayout([("all", "control,generate,score,train")]));
        var node = cluster.Nodes.Single();
        using var client = new TemporaryFolder();
        using var journal = new JournalDatabase(cluster.Journal);

        await KeepAsync("completed", await BeginAsync("completed"), state => state.Status == RunStatus.Completed);
        await KeepAsync("failed", await BeginAsync("failed", Diverging), state => state.Status == RunStatus.Failed);

        var paused = await BeginAsync("paused");
        await UntilAsync(paused, Generates);
        await cluster.Client("pause", paused, "--cluster", node.Setup.Endpoint).WaitForExitAsync();
        await KeepAsync("paused", paused, state => state.Status == RunStatus.Paused);

        // One run, killed in two places: the second time it has been gone on with before. Every step is a checkpoint, so that the moment is not missed.
        var killed = await BeginAsync("killed", "training.checkpoint-every=1");
        foreach (var (name, moment) in new[] { ("killed-generating", (Func<RunState, bool>)Generates), ("killed-training", Trains) })
        {
            for (var tries = 0; ; tries++)
            {
                await UntilAsync(killed, moment);
                node.LeaveAlone();
                node.Kill();
                await Patience.UntilAsync(() => Task.FromResult(!node.Running), Ceiling, cluster.Logs);
                if (moment(journal.ReadRun(killed)!)) break;
                if (tries == Tries) throw new InvalidOperationException($"{name}: the moment was always over");
                node.Start();
            }
            await KeepAsync(name, killed, moment);
            node.Start();
        }

        async Task<string> BeginAsync(string name, params string[] set)
        {
            cluster.Client([.. SampleRuns.Small(Path.Combine(client.Path, name), [$"run.name={name}", .. set]), "--cluster", node.Setup.Endpoint]);
            await Patience.UntilAsync(() => Task.FromResult(Id() is not null), Ceiling, cluster.Logs);
            return Id()!;

            string? Id() => journal.Heads().Select(head => head.RunId).SingleOrDefault(id => id.StartsWith(name + "-", StringComparison.Ordinal));
        }

        Task UntilAsync(string runId, Func<RunState, bool> moment) =>
            Patience.UntilAsync(() => Task.FromResult(Seen(journal.ReadRun(runId)!, moment)), Ceiling, () => $"{runId}\n{cluster.Logs()}");

        static bool Seen(RunState state, Func<RunState, bool> moment) => moment(state)
            || (state.Status == RunStatus.Completed ? throw new InvalidOperationException($"{state.RunId}: the moment was missed; remove its files and try again") : false);

        async Task KeepAsync(string name, string runId, Func<RunState, bool> moment)
        {
            await UntilAsync(runId, moment);
            await Fixture(JournalFixture.Postgres, name).PackAsync(cluster.Journal, runId);
        }
    }

    private static async Task RunAsync(string name, RunStatus end, params string[] set)
    {
        using var work = new TemporaryFolder();
        await SeraProcess.RunAsync(SampleRuns.Small(work.Path, [$"run.name={name}", .. set]));
        Assert.Equal(end, (await ReadAsync(work.Path))?.Status);
        Fixture(JournalFixture.Sqlite, name).Pack(work.Path);
    }

    private static async Task KilledAsync(string name, Func<RunState, bool> moment)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            using var work = new TemporaryFolder();
            using var process = SeraProcess.Start(SampleRuns.Small(work.Path, $"run.name={name}"));
            var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await Patience.UntilAsync(async () => process.HasExited || await ReadAsync(work.Path) is { } state && moment(state), Ceiling, () => name);
            process.Kill();
            await process.WaitForExitAsync();
            await output;
            if (!moment((await ReadAsync(work.Path))!)) continue;
            Fixture(JournalFixture.Sqlite, name).Pack(work.Path);
            return;
        }
        throw new InvalidOperationException($"{name}: the moment was always over");
    }

    /// <summary>In round 2 some prompts have responses and some have not.</summary>
    private static bool Generates(RunState state) => state.Rounds is [_, _, { Rollouts.IsEmpty: false }, ..]
        && RunWork.Outstanding(state).Any(order => order is { Round: 2, Generate.Samples: > 1 });

    /// <summary>Round 2 is somewhere between its first checkpoint and its end.</summary>
    private static bool Trains(RunState state) => RunWork.Outstanding(state).Any(order => order is { Round: 2, Train.Segment.Checkpoint: not null });

    private static async Task<RunState?> ReadAsync(string work)
    {
        try
        {
            return await RunHistory.RunIdsAsync(work) is [var id] ? await RunHistory.ReadAsync(work, id) : null;
        }
        catch (InputException)
        {
            // It is just being made.
            return null;
        }
    }

    private static JournalFixture Fixture(string database, string name) =>
        new(typeof(JournalDatabase).Assembly.GetName().Version!.ToString(3), $"{database}-{name}");

    private sealed class WritingFactAttribute : FactAttribute
    {
        public WritingFactAttribute()
        {
            if (Environment.GetEnvironmentVariable("SERA_WRITE_FIXTURES") != "1") Skip = "makes the journals of a new release; SERA_WRITE_FIXTURES=1";
        }
    }
}
