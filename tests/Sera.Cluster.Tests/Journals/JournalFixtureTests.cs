using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Testing;
using Sera.Testing.Postgres;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Journals;

/// <summary>
/// Journals that releases wrote, this one among them, still replay to what they came to then: read as the verbs read them, and recovered and gone on with
/// as a coordinator does it. A difference means that runs of users would become others. SERA_APPROVE=1 writes approved texts that are missing.
/// </summary>
[Collection(OneAtATime.Name)]
public sealed class JournalFixtureTests(SharedServer server) : IClassFixture<SharedServer>
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);

    public static TheoryData<string, string> Every(string database)
    {
        var data = new TheoryData<string, string>();
        foreach (var fixture in JournalFixture.All.Where(fixture => fixture.Database == database)) data.Add(fixture.Version, fixture.Name);
        return data;
    }

    [Fact]
    public void Every_release_left_what_became_of_runs_in_both_databases()
    {
        string[] embedded = ["completed", "failed", "killed-generating", "killed-training"];
        var expected = embedded.Select(name => $"{JournalFixture.Sqlite}-{name}").Concat(embedded.Append("paused").Select(name => $"{JournalFixture.Postgres}-{name}"));
        Assert.NotEmpty(JournalFixture.All);
        Assert.All(JournalFixture.All.GroupBy(fixture => fixture.Version), release => Assert.Equal(expected.Order(), release.Select(fixture => fixture.Name).Order()));
    }

    [Theory]
    [MemberData(nameof(Every), JournalFixture.Sqlite)]
    public async Task A_journal_in_a_file_is_read_and_recovered_as_ever(string version, string name)
    {
        var fixture = new JournalFixture(version, name);
        using var work = new TemporaryFolder();
        var runId = fixture.Unpack(work.Path);
        var state = await RunHistory.ReadAsync(work.Path, runId);
        Assert.Equal([runId], await RunHistory.RunIdsAsync(work.Path));
        await using var recovery = Recovery.OfFolder(work.Path, runId);
        await RecoversAsync(fixture, state!, recovery);
        Assert.Equal(state!.Events + (state.Status == RunStatus.Completed ? 0 : 1), (await RunHistory.ReadAsync(work.Path, runId))!.Events);
    }

    [Theory]
    [MemberData(nameof(Every), JournalFixture.Postgres)]
    public async Task A_journal_in_PostgreSQL_is_read_and_recovered_as_ever(string version, string name)
    {
        var fixture = new JournalFixture(version, name);
        using var work = new TemporaryFolder();
        using var journal = new JournalDatabase(await server.Postgres.CreateDatabaseAsync($"{version}-{name}"));
        await journal.CreateSchemaAsync();
        var runId = await fixture.UnpackAsync(journal.ConnectionString);
        var state = journal.ReadRun(runId);
        Assert.Equal((runId, (long)state!.Events, state.Status == RunStatus.Running), journal.Heads().Select(head => (head.RunId, head.Events, head.Works)).Single());
        await using var recovery = Recovery.OfDatabase(journal, runId, work.Path);
        await RecoversAsync(fixture, state, recovery);
        Assert.Equal(state.Events + (state.Status == RunStatus.Completed ? 0 : 1), journal.ReadRun(runId)!.Events);
    }

    /// <summary>The state is the approved one, and the actor recovers to the same, goes on, and asks for exactly what is open.</summary>
    private static async Task RecoversAsync(JournalFixture fixture, RunState state, Recovery recovery)
    {
        Assert.Equal(fixture.Approve(StateText.Of(state)), StateText.Of(state));
        var reply = await recovery.AskAsync(new ResumeRun(state.RunId));
        if (state.Status == RunStatus.Completed)
        {
            Assert.Equal(RunReplyKind.Finished, reply.Kind);
            Assert.Empty(recovery.Told);
            return;
        }
        Assert.Equal(new RunReply(state.RunId, RunReplyKind.Accepted), reply);
        var resumed = await recovery.FirstRecordedAsync(state.RunId);
        Assert.Equal(
            StateText.Of(state with { Status = RunStatus.Running, Failure = null, Epoch = state.Epoch + 1, Events = state.Events + 1, UpdatedAt = resumed.UpdatedAt }),
            StateText.Of(resumed));
        var open = RunWork.Outstanding(resumed).Select(order => order.WorkId).ToHashSet();
        Assert.NotEmpty(open);
        await Patience.UntilAsync(
            () => Task.FromResult(Announced().Count() >= open.Count), Ceiling, () => $"{Announced().Count()} of {open.Count} orders were announced");
        Assert.All(recovery.Told, told => Assert.Equal(resumed.Epoch, Assert.IsType<AnnounceWork>(told).Epoch));
        Assert.Equal(open, Announced().ToHashSet());

        IEnumerable<string> Announced() => recovery.Told.OfType<AnnounceWork>().SelectMany(told => told.Orders).Select(order => order.WorkId).Distinct();
    }
}
