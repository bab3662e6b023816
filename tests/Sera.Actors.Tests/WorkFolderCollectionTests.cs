using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WorkFolderCollectionTests
{
    [Fact]
    public async Task What_a_run_reads_stays_and_what_it_left_over_goes()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync();
        ArtifactRef[] left = [small.Store.Write(ArtifactRef.ParametersKind, "of a step"u8), small.Store.Write(ArtifactRef.GradientKind, "of a batch"u8)];
        Age(small.Folder);
        var young = small.Store.Write("rollouts", "not in the journal yet"u8);
        var collected = await WorkFolderCollection.RunAsync(small.Folder);
        Assert.All(left, a => Assert.False(small.Store.Contains(a)));
        Assert.True(collected.Deleted >= left.Length);
        Assert.True(small.Store.Contains(young));
        RunArtifacts.Verify(small.Folder, state);
        Assert.Equal(new CollectedArtifacts(0, 0, collected.Left), await WorkFolderCollection.RunAsync(small.Folder));
    }

    [Fact]
    public async Task A_run_in_work_or_a_folder_without_runs_is_refused_and_nothing_goes()
    {
        using var small = new SmallRun();
        var old = small.Store.Write("rollouts", "old"u8);
        Age(small.Folder);
        Assert.Contains("no run in its journal", (await RefusedAsync(small)).Message, StringComparison.Ordinal);
        using var gate = new ManualResetEventSlim();
        await using (var node = await small.NodeAsync(onQuantum: _ => gate.Wait()))
        {
            await node.StartRunAsync(small.Start());
            Assert.Contains("another process works on run small", (await RefusedAsync(small)).Message, StringComparison.Ordinal);
            gate.Set();
            await SmallRun.LastAsync(node);
        }
        Assert.True(small.Store.Contains(old));
        await WorkFolderCollection.RunAsync(small.Folder);
        Assert.False(small.Store.Contains(old));
    }

    [Fact]
    public async Task What_a_new_run_finds_in_the_index_is_young_again()
    {
        using var small = new SmallRun();
        await small.RunAsync();
        Age(small.Folder);
        var second = await small.RunAsync(id: "second");
        var aged = DateTime.UtcNow.AddHours(-1);
        var results = RunArtifacts.Needed(second).Where(a => a.Kind is "scores" or "rollouts" or "training-pairs").ToArray();
        Assert.NotEmpty(results);
        Assert.All(results, a => Assert.True(File.GetLastWriteTimeUtc(small.Store.PathOf(a.Sha256)) > aged, a.Kind));
    }

    private static Task<InputException> RefusedAsync(SmallRun small) => Assert.ThrowsAsync<InputException>(() => WorkFolderCollection.RunAsync(small.Folder));

    private static void Age(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "artifacts"), "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1));
    }
}
