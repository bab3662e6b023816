using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class CheckpointTests
{
    private const int NoSpace = 28;

    /// <summary>Round 1 trains 10 steps from checkpoint to checkpoint: 3, 6, 9, end. The disk is full at step 8.</summary>
    private const int Stop = 8;

    private static readonly RunOptions Options = SmallRun.Options with { Rounds = 2 };

    [Fact]
    public async Task A_running_round_keeps_its_last_checkpoint_and_a_finished_run_none()
    {
        using var small = new SmallRun();
        var stopped = await StoppedAsync(small);
        Assert.Equal([false, true], stopped.Rounds[1].Checkpoints.Select(c => small.Store.Contains(c.Result.Checkpoint!)));
        var ended = await ResumedAsync(small);
        var checkpoints = ended.Rounds.SelectMany(r => r.Checkpoints).Select(c => c.Result.Checkpoint!).ToArray();
        Assert.NotEmpty(ended.Rounds[2].Checkpoints);
        Assert.All(checkpoints, c => Assert.False(small.Store.Contains(c)));
        Assert.All(RunArtifacts.Needed(ended), a => Assert.True(small.Store.Contains(a)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_checkpoint_that_is_gone_or_damaged_at_the_resume_costs_its_round_and_changes_no_bit(bool damaged)
    {
        using var undisturbed = new SmallRun();
        using var small = new SmallRun();
        var expected = await undisturbed.RunAsync(options: Options);
        var last = (await StoppedAsync(small)).Rounds[1].Checkpoints[^1].Result.Checkpoint!;
        if (damaged) File.WriteAllBytes(small.Store.PathOf(last.Sha256), new byte[last.Bytes]);
        else File.Delete(small.Store.PathOf(last.Sha256));
        var ended = await ResumedAsync(small);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(ended));
        Assert.Equal(2, ended.Rounds[1].LostInEpoch);
        Assert.Equal(expected.Rounds[1].Metrics, ended.Rounds[1].Metrics);
    }

    [Fact]
    public async Task A_checkpoint_that_goes_while_the_run_works_leads_to_the_start_of_the_round()
    {
        using var undisturbed = new SmallRun();
        using var small = new SmallRun();
        var expected = await undisturbed.RunAsync(options: Options);
        var second = small.Store.PathOf(expected.Rounds[1].Checkpoints[1].Result.Checkpoint!.Sha256);
        var steps = 0;
        var ended = await small.RunAsync(options: Options, onQuantum: kind =>
        {
            if (kind != "train" || Interlocked.Increment(ref steps) != Stop) return;
            File.Delete(second);
            throw new InvalidOperationException("so that the order is opened once more");
        });
        Assert.Equal((RunStatus.Completed, 1), (ended.Status, ended.Rounds[1].LostInEpoch));
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(ended));
    }

    [Fact]
    public async Task Any_other_artifact_that_is_gone_is_damage()
    {
        using var small = new SmallRun();
        var pairs = small.Store.PathOf((await StoppedAsync(small)).Rounds[1].Selected!.Result.Pairs.Sha256);
        File.Delete(pairs);
        await using var node = await small.NodeAsync();
        var refused = await Assert.ThrowsAsync<InputException>(() => node.ResumeRunAsync(SmallRun.Id));
        Assert.StartsWith(pairs + ": the training-pairs artifact is damaged: it is missing", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_starts_sweeps_what_killed_processes_left()
    {
        using var small = new SmallRun();
        var parts = Temporaries.NewName().Split('-');
        var dead = $"{parts[0]}-{int.MaxValue}-{parts[2]}";
        string[] left = [.. new[] { $"artifacts/tmp/{dead}", $"index/.w.json.{dead}", $"bases/.b.json.{dead}" }.Select(p => Path.Combine(small.Folder, p))];
        foreach (var path in left)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "half");
        }
        await using var node = await small.NodeAsync();
        Assert.All(left, path => Assert.False(File.Exists(path)));
    }

    /// <summary>A run that stopped after its second checkpoint.</summary>
    private static async Task<RunState> StoppedAsync(SmallRun small)
    {
        var steps = 0;
        await using (var node = await small.NodeAsync(onQuantum: kind =>
        {
            if (kind == "train" && Interlocked.Increment(ref steps) == Stop) throw new IOException("No space left on device", NoSpace);
        }))
        {
            await node.StartRunAsync(small.Start(Options));
            await Assert.ThrowsAsync<InputException>(() => SmallRun.LastAsync(node));
        }
        return (await RunHistory.ReadAsync(small.Folder, SmallRun.Id))!;
    }

    private static async Task<RunState> ResumedAsync(SmallRun small)
    {
        await using var node = await small.NodeAsync();
        Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
        return await SmallRun.LastAsync(node);
    }
}
