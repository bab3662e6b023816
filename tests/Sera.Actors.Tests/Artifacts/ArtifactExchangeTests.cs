using System.Text;
using Sera.Actors.Artifacts;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Xunit;
using static Sera.Actors.Tests.Artifacts.ArtifactNode;

namespace Sera.Actors.Tests.Artifacts;

/// <summary>Nodes with remoting between them, real files, one process.</summary>
public sealed class ArtifactExchangeTests
{
    private const int ChunkBytes = 32 * 1024;

    [Fact]
    public async Task A_node_obtains_what_another_one_has_and_asks_for_it_once()
    {
        var nodes = new NodeList();
        await using var holder = new ArtifactNode(nodes);
        await using var node = new ArtifactNode(nodes);
        var (large, empty) = (holder.Store.Write("rollouts", RandomBytes((10 * ChunkBytes) + 1)), holder.Store.Write("rollouts", []));
        await Task.WhenAll(node.ObtainAsync(large, empty), node.ObtainAsync(large), node.ObtainAsync(large with { Kind = "weights", Bytes = 0 }));
        await node.ObtainAsync(large, empty);
        Assert.True(node.Holds(large) && node.Holds(empty));
        Assert.Equal(11, node.Transferred.Length);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(node.Folder, "artifacts", "tmp")));
    }

    [Fact]
    public async Task A_cut_transfer_goes_on_where_it_stopped_with_another_holder()
    {
        const int Cut = 1 << 20;
        var nodes = new NodeList();
        await using var first = new ArtifactNode(nodes);
        await using var second = new ArtifactNode(nodes);
        var content = RandomBytes(32 << 20);
        var artifact = first.Store.Write("weights", content);
        second.Store.Write("weights", content);
        using var dead = new ManualResetEventSlim();
        var killed = new TaskCompletionSource<ArtifactTransferred>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = new ArtifactNode(nodes, observed: t =>
        {
            if (t.Length < Cut) return;
            killed.TrySetResult(t);
            dead.Wait(Ceiling);
        });
        var obtained = node.ObtainAsync(artifact);
        var at = await killed.Task.WaitAsync(Ceiling);
        await (at.Holder.Equals(first.Self.Address) ? first : second).System.Terminate();
        dead.Set();
        await obtained;
        Assert.True(node.Holds(artifact));
        var after = node.Transferred.Where(t => !t.Holder.Equals(at.Holder)).ToArray();
        Assert.NotEmpty(after);
        Assert.All(after, t => Assert.True(t.Offset >= Cut));
        // Every byte came once.
        Assert.Equal(node.Transferred.Select(t => t.Length).Distinct().Order(), node.Transferred.Select(t => t.Length));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_dead_process_received_is_gone_on_with_unless_it_does_not_fit(bool intact)
    {
        const int Had = 3 * ChunkBytes;
        var nodes = new NodeList();
        await using var holder = new ArtifactNode(nodes);
        await using var node = new ArtifactNode(nodes);
        var content = RandomBytes(8 * ChunkBytes);
        var artifact = holder.Store.Write("weights", content);
        File.WriteAllBytes(node.PartOf(artifact), intact ? content[..Had] : RandomBytes(Had));
        await node.ObtainAsync(artifact);
        Assert.True(node.Holds(artifact));
        Assert.Equal(intact ? [Had] : [Had, 0L], node.Transferred.Select(t => t.Offset).Distinct());
    }

    [Fact]
    public async Task Wrong_content_is_thrown_away_and_taken_from_another_node_and_its_holder_mends_its_copy()
    {
        var nodes = new NodeList();
        await using var wrong = new ArtifactNode(nodes);
        var content = RandomBytes(5 * ChunkBytes);
        var artifact = wrong.Store.Write("rollouts", content);
        Damage(wrong, artifact);
        await using var node = new ArtifactNode(nodes);
        var obtained = node.ObtainAsync(artifact);
        await UntilAsync(() => node.Transferred.Any(t => t.Length == artifact.Bytes));
        Assert.False(obtained.IsCompleted);
        await using var right = new ArtifactNode(nodes);
        right.Store.Write("rollouts", content);
        await obtained;
        Assert.True(node.Holds(artifact));
        await UntilAsync(() => wrong.Holds(artifact));
    }

    [Fact]
    public async Task A_damaged_file_of_its_own_is_replaced()
    {
        var nodes = new NodeList();
        await using var holder = new ArtifactNode(nodes);
        await using var node = new ArtifactNode(nodes);
        var content = RandomBytes(ChunkBytes);
        var artifact = holder.Store.Write("rollouts", content);
        node.Store.Write("rollouts", content);
        Damage(node, artifact);
        await node.ObtainAsync(artifact);
        Assert.True(node.Holds(artifact));
    }

    [Fact]
    public async Task What_no_node_has_is_damage_of_its_kind_when_patience_ends()
    {
        var nodes = new NodeList();
        await using var other = new ArtifactNode(nodes);
        await using var node = new ArtifactNode(nodes, overrides: "sera.artifacts.patience = 100ms");
        var artifact = new ArtifactRef(ArtifactRef.CheckpointKind, Sha256.Of("nowhere"), 7);
        var missing = await Assert.ThrowsAsync<DamagedArtifactException>(() => node.ObtainAsync(artifact));
        Assert.Equal((artifact, WorkFailureKind.Checkpoint), (missing.Artifact, WorkFailures.Classify(missing)));
    }

    [Fact]
    public async Task A_disk_that_refuses_is_told_as_the_disk_and_not_as_damage()
    {
        var nodes = new NodeList();
        await using var holder = new ArtifactNode(nodes);
        await using var node = new ArtifactNode(nodes);
        var artifact = holder.Store.Write("rollouts", RandomBytes(100));
        Directory.CreateDirectory(node.PartOf(artifact));
        var refused = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => node.ObtainAsync(artifact));
        Assert.Equal(WorkFailureKind.Disk, WorkFailures.Classify(refused));
    }

    [Fact]
    public async Task A_disk_that_is_full_in_the_middle_of_a_transfer_is_told_as_it_is_and_the_transfer_goes_on_later()
    {
        const int NoSpace = 28;
        var full = true;
        var nodes = new NodeList();
        await using var holder = new ArtifactNode(nodes);
        await using var node = new ArtifactNode(nodes, observed: t =>
        {
            if (Volatile.Read(ref full) && t.Length > 2 * ChunkBytes) throw new IOException("No space left on device", NoSpace);
        });
        var artifact = holder.Store.Write("rollouts", RandomBytes(8 * ChunkBytes));
        var refused = await Assert.ThrowsAsync<IOException>(() => node.ObtainAsync(artifact));
        Assert.Equal((NoSpace, WorkFailureKind.Disk), (refused.HResult, WorkFailures.Classify(refused)));
        Volatile.Write(ref full, false);
        await node.ObtainAsync(artifact);
        Assert.True(node.Holds(artifact));
        Assert.Equal([0L, 3 * ChunkBytes], node.Transferred.Select(t => t.Offset).Distinct());
    }

    [Theory]
    [InlineData("../../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789")]
    [InlineData("abcdef0123456789abcdef0123456789abcdef0123456789abcdef012345678/")]
    [InlineData("abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234567890")]
    public async Task A_name_that_is_no_digest_never_becomes_a_path(string name)
    {
        var nodes = new NodeList();
        await using var node = new ArtifactNode(nodes);
        await using var other = new ArtifactNode(nodes);
        var outside = Path.Combine(other.Folder, "outside");
        File.WriteAllText(outside, "not yours");
        Assert.Empty((await node.AskAsync<ArtifactsFound>(other, new FindArtifacts([name]))).Found);
        Assert.Equal("not a SHA-256 name", (await node.AskAsync<ArtifactRefused>(other, new StreamArtifact(name, 0))).Reason);
        Assert.Equal(KeepState.Failed, (await node.AskAsync<ArtifactKept>(other, new KeepArtifact(name))).State);
        node.System.ActorSelection($"{other.Self.Address}/user/artifacts").Tell(new DiscardArtifacts([name]));
        Assert.Contains("not a SHA-256 name", (await node.AskAsync<ArtifactsCollected>(other, new CollectArtifacts(name))).Failure, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => node.ObtainAsync(new ArtifactRef("rollouts", name, 1)));
        Assert.Equal("not yours", File.ReadAllText(outside));
        Assert.Equal(["artifacts", "outside"], Directory.EnumerateFileSystemEntries(other.Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_byte_beyond_the_artifact_is_refused()
    {
        var nodes = new NodeList();
        await using var node = new ArtifactNode(nodes);
        await using var other = new ArtifactNode(nodes);
        var artifact = other.Store.Write("rollouts", "text"u8);
        Assert.Equal("byte 5 of 4", (await node.AskAsync<ArtifactRefused>(other, new StreamArtifact(artifact.Sha256, 5))).Reason);
        Assert.Equal("byte -1 of 4", (await node.AskAsync<ArtifactRefused>(other, new StreamArtifact(artifact.Sha256, -1))).Reason);
    }

    [Fact]
    public async Task Where_a_folder_is_shared_everything_is_there_and_nothing_is_sent()
    {
        var nodes = new NodeList();
        var shared = Directory.CreateTempSubdirectory("sera-shared-").FullName;
        var overrides = $"sera.artifacts.shared = \"{shared}\"";
        await using var first = new ArtifactNode(nodes, overrides: overrides);
        await using var second = new ArtifactNode(nodes, overrides: overrides);
        var artifact = first.Store.Write("rollouts", Encoding.UTF8.GetBytes("rows"));
        await first.SecureAsync(artifact);
        await second.ObtainAsync(artifact);
        Assert.True(second.Holds(artifact));
        Assert.Equal(Path.GetFullPath(shared), Path.GetFullPath(Path.Combine(Path.GetDirectoryName(second.Store.PathOf(artifact.Sha256))!, "..", "..")));
        Assert.Empty(second.Transferred);
        Directory.Delete(shared, recursive: true);
    }

    private static void Damage(ArtifactNode node, ArtifactRef artifact)
    {
        var path = node.Store.PathOf(artifact.Sha256);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
