using System.Text.Json;
using Sera.Testing.Nodes;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>The disk of one worker is full, and stays so: the others do the run. Mounting a small disk needs root, as cutting nodes apart does.</summary>
[Collection(OneAtATime.Name)]
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_worker_whose_disk_is_full_is_passed_over()
    {
        await using var cluster = await ClusterHarness.StartAsync(
            new ClusterLayout([("control", "control"), ("full", "generate,score,train"), ("roomy", "generate,score,train")]), more: _ => ["--simulate", "1000000"]);
        var artifacts = Path.Combine(cluster.Node("full").Setup.Work, "artifacts");
        await LoggedProcess.RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", artifacts);
        try
        {
            Directory.CreateDirectory(Path.Combine(artifacts, "tmp"));
            Fill(Path.Combine(artifacts, "filler"));

            await cluster.CompleteAsync(null, "compute.engine=simulated");
            Assert.Contains("No space left on device", await File.ReadAllTextAsync(cluster.Node("control").Setup.Log));
            var workers = JsonDocument.Parse((await cluster.ClientAsync("nodes", "--json")).Out).RootElement.GetProperty("work").GetProperty("workers");
            Assert.All(
                workers.EnumerateArray().Where(worker => worker.GetProperty("address").GetString()!.Contains($":{cluster.Node("full").Setup.Port}/", StringComparison.Ordinal)),
                worker => Assert.Equal(0, worker.GetProperty("completed").GetInt32()));
        }
        finally
        {
            await LoggedProcess.RunAsync("umount", "-l", artifacts);
        }
    }

    private static void Fill(string path)
    {
        using var file = File.Create(path);
        try
        {
            while (true) file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Now it is full.
        }
    }
}
