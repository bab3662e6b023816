using Npgsql;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Cluster.Tests.Journals;
using Sera.Cluster.Tests.Whole;
using Sera.Model.Checkpoints;
using Sera.Testing;
using Sera.Testing.Postgres;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Fencing;

/// <summary>
/// Two coordinators believe that a run is theirs: the old one, which hung and wakes late, and its successor. What stops the old one is the database, whatever
/// either of them believes.
/// </summary>
[Collection(OneAtATime.Name)]
public sealed class LateWriterTests(SharedServer server) : IClassFixture<SharedServer>, IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _work = new();
    private JournalDatabase _old = null!;
    private JournalDatabase _new = null!;
    private string _runId = "";

    private long Events => _new.ReadRun(_runId)!.Events;

    public async Task InitializeAsync()
    {
        var connection = await server.Postgres.CreateDatabaseAsync(Guid.NewGuid().ToString("N"));
        (_old, _new) = (new JournalDatabase(connection), new JournalDatabase(connection));
        await _new.CreateSchemaAsync();
        // A real run in the middle of its work.
        _runId = await JournalFixture.All.Last(fixture => fixture.Name == "postgresql-killed-generating").UnpackAsync(connection);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _old.Dispose();
        _new.Dispose();
        _work.Dispose();
    }

    [Fact]
    public async Task Of_two_actors_of_one_run_the_late_one_is_refused_says_so_and_nothing_is_committed_twice()
    {
        await using var late = Recovery.OfDatabase(_old, _runId, _work.Path);
        await using var successor = Recovery.OfDatabase(_new, _runId, _work.Path);
        var (held, order) = await GoOnAsync(late);
        var (epoch, same) = await GoOnAsync(successor);
        Assert.Equal((held + 1, order.WorkId), (epoch, same.WorkId));
        var before = Events;

        late.Run.Tell(new RecordWork(_runId, held, Result(order)), Akka.Actor.ActorRefs.NoSender);
        Assert.StartsWith("the journal cannot be written: ", (await StopAsync(late)).Reason, StringComparison.Ordinal);
        Assert.Equal(before, Events);

        successor.Run.Tell(new RecordWork(_runId, epoch, Result(order)), Akka.Actor.ActorRefs.NoSender);
        await AcknowledgedAsync(successor, order, times: 1);
        Assert.Equal(before + 1, Events);
        Assert.Empty(successor.Stops);

        // Begun again, the late one knows what it missed, and its lease of before counts for nothing.
        var (again, _) = await GoOnAsync(late);
        Assert.Equal(epoch + 1, again);
        late.Run.Tell(new RecordWork(_runId, held, Result(order)), Akka.Actor.ActorRefs.NoSender);
        late.Run.Tell(new RecordWork(_runId, again, Result(order)), Akka.Actor.ActorRefs.NoSender);
        await AcknowledgedAsync(late, order, times: 1);
        Assert.Equal(before + 2, Events);
        (await JournalAudit.OfClusterAsync(_new.ConnectionString)).AssertSound();
    }

    [Fact]
    public async Task A_write_under_a_term_that_is_over_is_refused_although_the_successor_has_written_nothing()
    {
        Assert.Equal(1, await _old.TryTakeAsync("old"));
        await using var late = Recovery.OfDatabase(_old, _runId, _work.Path, underTerm: true);
        var (held, order) = await GoOnAsync(late);
        var before = Events;

        await CoordinatorTerms.ExpireAsync(_new);
        Assert.Equal(2, await _new.TryTakeAsync("new"));
        late.Run.Tell(new RecordWork(_runId, held, Result(order)), Akka.Actor.ActorRefs.NoSender);
        Assert.Contains("term 1 is over, another coordinator writes the journal under term 2", (await StopAsync(late)).Reason, StringComparison.Ordinal);
        Assert.Equal(before, Events);

        await using var successor = Recovery.OfDatabase(_new, _runId, _work.Path, underTerm: true);
        var (epoch, _) = await GoOnAsync(successor);
        Assert.Equal((held + 1, before + 1), (epoch, Events));
    }

    [Fact]
    public async Task A_term_is_not_taken_while_an_event_under_it_is_on_its_way_to_the_disk()
    {
        Assert.Equal(1, await _old.TryTakeAsync("old"));
        await CoordinatorTerms.ExpireAsync(_new);
        await using var connection = new NpgsqlConnection(_old.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, "SET sera.term = '1'");
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, Insert(sequence: 1));
        var taking = _new.TryTakeAsync("new");
        await Patience.UntilAsync(CoordinatorTerms.WaitsAsync(_new), Ceiling, () => "nobody waits for the event");
        Assert.False(taking.IsCompleted);
        await transaction.CommitAsync();
        Assert.Equal(2, await taking);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, Insert(sequence: 2)));
        Assert.Equal("SE001", refused.SqlState);
    }

    private static string Insert(int sequence) =>
        $"INSERT INTO journal (created, deleted, persistence_id, sequence_number, message) VALUES (0, false, 'another', {sequence}, '')";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <returns>The epoch under which the actor works from now on, and an order that it has announced.</returns>
    private async Task<(long Epoch, WorkOrder Order)> GoOnAsync(Recovery recovery)
    {
        var told = recovery.Told.Length;
        Assert.Equal(new RunReply(_runId, RunReplyKind.Accepted), await recovery.AskAsync(new ResumeRun(_runId)));
        await Patience.UntilAsync(() => Task.FromResult(Announced() is not null), Ceiling, () => "nothing was announced");
        return Announced()!.Value;

        (long, WorkOrder)? Announced() => recovery.Told.Skip(told).OfType<AnnounceWork>().SelectMany(announced => announced.Orders.Select(order => (announced.Epoch, order)))
            .Where(announced => announced.order.Kind == WorkKind.Generate).Cast<(long, WorkOrder)?>().FirstOrDefault();
    }

    private static WorkResult Result(WorkOrder order) => new(
        order.WorkId, new Effort(WorkKind.Generate, 1, 1),
        Generated: new GeneratedRollouts(new ArtifactRef("rollouts", Sha256.Of(order.WorkId), 1), order.Generate!.To - order.Generate.From, order.Units, 1, 0));

    private static async Task<RunStopped> StopAsync(Recovery recovery)
    {
        await Patience.UntilAsync(() => Task.FromResult(recovery.Stops.Length > 0), Ceiling, () => "the run did not stop");
        return Assert.Single(recovery.Stops);
    }

    private static Task AcknowledgedAsync(Recovery recovery, WorkOrder order, int times) => Patience.UntilAsync(
        () => Task.FromResult(recovery.Told.OfType<WorkRecorded>().Count(recorded => recorded.WorkId == order.WorkId) == times), Ceiling, () => "it was not acknowledged");
}
