using System.Security.Cryptography;
using Sera.Model.Checkpoints;
using Sera.Testing.Nodes;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>The process that sends a large artifact is killed in the middle of it.</summary>
[Collection(OneAtATime.Name)]
public sealed class CutTransferTests
{
    private const int Megabytes = 256;
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task A_transfer_whose_sender_is_killed_goes_on_with_another_node_where_it_stopped()
    {
        await using var cluster = await ClusterHarness.StartAsync(new ClusterLayout([("control-1", "control"), ("score-1", "score"), ("score-2", "score")]));
        var (receiver, sender, other) = (cluster.Node("control-1"), cluster.Node("score-1"), cluster.Node("score-2"));
        var name = Put(sender);
        var part = new FileInfo(Path.Combine(receiver.Setup.Work, "artifacts", "tmp", name + ".part"));
        using var http = cluster.Http(receiver);
        http.Timeout = Ceiling;
        var asking = http.GetAsync(new Uri($"/artifacts/{name}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await Patience.UntilAsync(() => Task.FromResult(Received() > Megabytes << 16), Ceiling, () => $"nothing is transferred\n{cluster.Logs()}");

        // Only now somebody else has it too, so that it is this sender who is killed.
        await LinkAsync(sender, other, name);
        sender.LeaveAlone();
        sender.Kill();
        var had = Received();
        Assert.InRange(had, 1, ((long)Megabytes << 20) - 1);
        await Patience.UntilAsync(() =>
        {
            // The part is gone only where it has become the artifact, or was thrown away, which the log would tell.
            var now = Received();
            Assert.True(now == 0 || now >= had, $"{now} bytes after {had}\n{cluster.Logs()}");
            return Task.FromResult(asking.IsCompleted);
        }, Ceiling, () => $"the transfer did not go on\n{cluster.Logs()}");

        using var answer = await asking;
        answer.EnsureSuccessStatusCode();
        await using var content = await answer.Content.ReadAsStreamAsync();
        Assert.Equal(name, Convert.ToHexStringLower(await SHA256.HashDataAsync(content)));
        var log = await File.ReadAllTextAsync(receiver.Setup.Log);
        Assert.Contains($"artifact {name}: akka.tcp://sera@{sender.Setup.Host}:{sender.Setup.Port} broke off after", log, StringComparison.Ordinal);
        Assert.DoesNotContain("it begins anew", log, StringComparison.Ordinal);
        Assert.DoesNotContain("thrown away", log, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(receiver.Setup.Work, "artifacts", "tmp")));

        long Received()
        {
            part.Refresh();
            return part.Exists ? part.Length : 0;
        }
    }

    /// <summary>Makes an artifact on one node.</summary>
    /// <returns>Its name.</returns>
    private static string Put(ClusterNode node)
    {
        using var pending = new ArtifactStore(node.Setup.Work).Create();
        var block = new byte[1 << 20];
        for (var written = 0; written < Megabytes; written++)
        {
            Random.Shared.NextBytes(block);
            pending.Stream.Write(block);
        }
        return pending.Commit("weights").Sha256;
    }

    private static async Task LinkAsync(ClusterNode from, ClusterNode to, string name)
    {
        var target = new ArtifactStore(to.Setup.Work).PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await LoggedProcess.RunAsync("ln", new ArtifactStore(from.Setup.Work).PathOf(name), target);
    }
}
