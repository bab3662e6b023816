using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class FailureTests
{
    private const int NoSpace = 28;

    [Fact]
    public async Task A_full_disk_stops_the_run_without_an_event_and_resuming_ends_it()
    {
        using var small = new SmallRun();
        await using (var node = await small.NodeAsync(onQuantum: kind => ThrowIf(kind == "train", new IOException("No space left on device", NoSpace))))
        {
            await node.StartRunAsync(small.Start());
            var stopped = await Assert.ThrowsAsync<InputException>(() => SmallRun.LastAsync(node));
            Assert.Contains("No space left on device", stopped.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', stopped.Message);
        }
        Assert.Equal(RunStatus.Running, (await RunHistory.ReadAsync(small.Folder, SmallRun.Id))!.Status);
        Assert.Equal(RunStatus.Completed, (await ResumedAsync(small)).Status);
    }

    [Fact]
    public async Task Work_that_fails_twice_is_done_at_the_third_attempt_and_three_times_fails_the_run()
    {
        using var small = new SmallRun();
        var failures = 0;
        var options = SmallRun.Options with { Rounds = 1 };
        var done = await small.RunAsync(
            options: options, onQuantum: kind => ThrowIf(kind == "train" && Interlocked.Increment(ref failures) <= 2, new InvalidOperationException("flaky")));
        Assert.Equal(RunStatus.Completed, done.Status);

        using var other = new SmallRun();
        var failed = await other.RunAsync(options: options, onQuantum: kind => ThrowIf(kind == "train", new InvalidOperationException("always")));
        Assert.Equal((RunStatus.Failed, WorkFailureKind.Other), (failed.Status, failed.Failure!.Failure));
        Assert.Equal("InvalidOperationException: always", failed.Failure.Reason);
        Assert.Equal(RunStatus.Completed, (await ResumedAsync(other)).Status);
    }

    [Fact]
    public async Task A_damaged_artifact_fails_the_run_with_one_line_and_is_mended_by_putting_it_back()
    {
        using var small = new SmallRun();
        var path = small.Store.PathOf(small.Inputs.Evaluation!.Artifact.Sha256);
        var whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. whole[..^1], (byte)'x']);
        var failed = await small.RunAsync(options: SmallRun.Options with { Rounds = 1 });
        Assert.Equal(WorkFailureKind.Damaged, failed.Failure!.Failure);
        Assert.Equal($"{path}: the evaluation artifact is damaged: its content does not match its name", failed.Failure.Reason);

        await using (var node = await small.NodeAsync())
        {
            var refused = await Assert.ThrowsAsync<InputException>(() => node.ResumeRunAsync(SmallRun.Id));
            Assert.StartsWith(path + ": ", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(failed.Events, (await RunHistory.ReadAsync(small.Folder, SmallRun.Id))!.Events);

        File.WriteAllBytes(path, whole);
        Assert.Equal(RunStatus.Completed, (await ResumedAsync(small)).Status);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(4096, 100)]
    public async Task A_damaged_journal_is_one_line_that_names_the_file_and_nothing_is_touched(int from, int count)
    {
        using var small = new SmallRun();
        await small.RunAsync(options: SmallRun.Options with { Rounds = 1 });
        var path = Path.Combine(small.Folder, "journal", "events.db");
        Damage(path, from, count);
        var before = File.ReadAllBytes(path);
        foreach (var read in new Func<Task>[]
        {
            () => RunHistory.ReadAsync(small.Folder, SmallRun.Id), () => RunHistory.RunIdsAsync(small.Folder), () => small.NodeAsync(),
        })
        {
            var damaged = await Assert.ThrowsAsync<InputException>(read);
            Assert.StartsWith(path + ": the journal is damaged", damaged.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', damaged.Message);
        }
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_journal_without_one_of_its_events_is_damaged()
    {
        using var small = new SmallRun();
        await small.RunAsync(options: SmallRun.Options with { Rounds = 1 });
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(small.Folder, "journal", "events.db")}"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM journal WHERE sequence_number = 5";
            command.ExecuteNonQuery();
        }
        var damaged = await Assert.ThrowsAsync<InputException>(() => RunHistory.ReadAsync(small.Folder, SmallRun.Id));
        Assert.Contains("event 5 of run small is missing", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_journal_knows_no_runs_and_stays_as_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("sera-empty-").FullName;
        Assert.Null(await RunHistory.ReadAsync(folder, "run"));
        Assert.Empty(await RunHistory.RunIdsAsync(folder));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        Directory.Delete(folder);
    }

    private static async Task<RunState> ResumedAsync(SmallRun small)
    {
        await using var node = await small.NodeAsync();
        Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
        return await SmallRun.LastAsync(node);
    }

    private static void ThrowIf(bool condition, Exception exception)
    {
        if (condition) throw exception;
    }

    private static void Damage(string path, int from, int count)
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = from;
        file.Write([.. Enumerable.Repeat((byte)0x5A, count)]);
    }
}
