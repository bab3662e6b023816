using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>Whole runs whose gradients are spread over the train workers.</summary>
public sealed class DistributedRunTests
{
    private static readonly RunOptions Distributed = SmallRun.Options with { Training = SmallRun.Options.Training with { Distribute = true } };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_distributed_run_ends_in_the_policy_of_a_local_one_and_leaves_nothing_of_its_steps(int workers)
    {
        using var local = new SmallRun();
        using var small = new SmallRun();
        var expected = await local.RunAsync();
        var state = await small.RunAsync(workers, Distributed);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(state));
        Assert.Equal(expected.Rounds.SelectMany(r => r.Metrics), state.Rounds.SelectMany(r => r.Metrics));
        Assert.Equal(Files(local), Files(small));
    }

    [Fact]
    public async Task Work_ids_do_not_tell_who_computed_the_gradients()
    {
        using var small = new SmallRun();
        var first = await small.RunAsync();
        var quanta = 0;
        var second = await small.RunAsync(2, Distributed, "second", _ => Interlocked.Increment(ref quanta));
        Assert.Equal(0, quanta);
        Assert.Equal(SmallRun.Digests(first), SmallRun.Digests(second));
    }

    [Fact]
    public async Task A_worker_that_fails_costs_its_micro_batch_and_one_that_always_fails_the_run()
    {
        using var local = new SmallRun();
        using var small = new SmallRun();
        var (gradients, trained) = (0, 0);
        var state = await small.RunAsync(2, Distributed, onQuantum: kind =>
        {
            if (kind == "train") Interlocked.Increment(ref trained);
            if (kind == "gradient" && Interlocked.Increment(ref gradients) % 5 == 0) throw new InvalidOperationException("flaky");
        });
        var expected = await local.RunAsync();
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(state));
        var segments = expected.Rounds.SelectMany(r => r.Segments).ToArray();
        Assert.Equal(segments.Sum(s => s.Means.Steps) + (2 * segments.Length), trained); // a quantum a step, one to finish, one to say so

        using var other = new SmallRun();
        var failed = await other.RunAsync(2, Distributed, onQuantum: kind =>
        {
            if (kind == "gradient") throw new InvalidOperationException("always");
        });
        Assert.Equal((RunStatus.Failed, WorkFailureKind.Other), (failed.Status, failed.Failure!.Failure));
        Assert.Contains("InvalidOperationException: always", failed.Failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_stopped_in_the_middle_of_a_step_ends_in_the_same_policy()
    {
        using var local = new SmallRun();
        using var small = new SmallRun();
        var expected = await local.RunAsync();
        for (var stop = 3; stop < 30; stop += 9)
        {
            var (gradients, reached) = (0, new TaskCompletionSource());
            await using var node = await small.NodeAsync(2, kind =>
            {
                if (kind == "gradient" && Interlocked.Increment(ref gradients) == stop) reached.SetResult();
            });
            if (stop == 3) await node.StartRunAsync(small.Start(Distributed));
            else await node.ResumeRunAsync(SmallRun.Id);
            await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));
        }
        await using var last = await small.NodeAsync(2);
        await last.ResumeRunAsync(SmallRun.Id);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await SmallRun.LastAsync(last)));
    }

    private static IEnumerable<string> Files(SmallRun small) =>
        Directory.EnumerateFiles(Path.Combine(small.Folder, "artifacts"), "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)!).Order();
}
