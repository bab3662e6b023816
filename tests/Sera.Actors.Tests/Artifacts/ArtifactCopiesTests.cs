using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Akka.Actor;
using Akka.Cluster;
using Sera.Actors.Artifacts;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Xunit;
using static Sera.Actors.Tests.Artifacts.ArtifactNode;

namespace Sera.Actors.Tests.Artifacts;

public sealed class ArtifactCopiesTests
{
    private static readonly ImmutableArray<ArtifactPeer> Peers =
        [.. Enumerable.Range(1, 8).Select(n => new ArtifactPeer(new Address("akka.tcp", "sera", "10.0.0.1", n), Control: n > 3, Reachable: n != 5))];

    [Fact]
    public void Copies_go_to_reachable_control_nodes_first_and_their_order_depends_on_the_name_alone()
    {
        var orders = Enumerable.Range(0, 200).Select(n => Sha256.Of($"{n}")).Select(name =>
        {
            var ranked = ArtifactCopies.Ranked(name, Peers).ToArray();
            Assert.Equal(ranked, ArtifactCopies.Ranked(name, [.. Peers.Reverse()]));
            Assert.Equal(Peers[4], ranked[^1]);
            Assert.All(ranked[..4], p => Assert.True(p.Control));
            // Without the first one, the others keep their order: only its copies move.
            Assert.Equal(ranked[1..], ArtifactCopies.Ranked(name, Peers.Remove(ranked[0])));
            return ranked[0];
        });
        Assert.Equal(4, orders.Distinct().Count());
    }

    [Fact]
    public async Task A_result_is_secured_on_a_control_node()
    {
        var nodes = new NodeList();
        await using var worker = new ArtifactNode(nodes, control: false);
        await using var idle = new ArtifactNode(nodes, control: false);
        await using var control = new ArtifactNode(nodes);
        var artifact = worker.Store.Write("rollouts", RandomBytes(1 << 20));
        await worker.SecureAsync(artifact);
        Assert.True(control.Holds(artifact));
        Assert.False(idle.Holds(artifact));
    }

    [Fact]
    public async Task A_copy_is_taken_from_the_node_that_asks_for_it_even_if_others_have_it_too()
    {
        var nodes = new NodeList();
        await using var other = new ArtifactNode(nodes, control: false);
        await using var worker = new ArtifactNode(nodes, control: false);
        await using var control = new ArtifactNode(nodes);
        var artifact = worker.Store.Write("rollouts", RandomBytes(1 << 10));
        other.Store.Write("rollouts", worker.Store.Read(artifact));
        await worker.SecureAsync(artifact);
        Assert.All(control.Transferred, piece => Assert.Equal(worker.Self.Address, piece.Holder));
        Assert.NotEmpty(control.Transferred);
    }

    [Fact]
    public async Task A_node_alone_has_as_many_copies_as_there_can_be()
    {
        await using var node = new ArtifactNode(new NodeList());
        await node.SecureAsync(node.Store.Write("rollouts", "text"u8));
    }

    [Fact]
    public async Task A_dead_node_is_passed_over()
    {
        var nodes = new NodeList();
        await using var worker = new ArtifactNode(nodes, control: false, overrides: "sera.artifacts.answer = 1s");
        await using var dead = new ArtifactNode(nodes);
        await using var alive = new ArtifactNode(nodes, control: false);
        await dead.System.Terminate();
        var artifact = worker.Store.Write("rollouts", RandomBytes(100));
        await worker.SecureAsync(artifact);
        Assert.True(alive.Holds(artifact));
    }

    [Fact]
    public async Task While_the_only_other_node_keeps_nothing_nothing_is_secured()
    {
        var nodes = new NodeList();
        await using var worker = new ArtifactNode(nodes, control: false, overrides: "sera.artifacts.answer = 1s");
        var dead = new ArtifactNode(nodes);
        await dead.DisposeAsync();
        var artifact = worker.Store.Write("rollouts", RandomBytes(100));
        var secured = worker.SecureAsync(artifact);
        await using var late = new ArtifactNode(nodes);
        await secured;
        Assert.True(late.Holds(artifact));
    }

    [Fact]
    public async Task What_is_nowhere_cannot_be_secured()
    {
        var nodes = new NodeList();
        await using var node = new ArtifactNode(nodes, overrides: "sera.artifacts.patience = 100ms");
        await using var other = new ArtifactNode(nodes, overrides: "sera.artifacts.patience = 100ms");
        await Assert.ThrowsAsync<DamagedArtifactException>(() => node.SecureAsync(new ArtifactRef("rollouts", Sha256.Of("nowhere"), 7)));
    }

    [Fact]
    public async Task A_repair_makes_the_copies_that_are_missing_and_names_what_is_lost()
    {
        var nodes = new NodeList();
        await using var coordinator = new ArtifactNode(nodes);
        await using var control = new ArtifactNode(nodes);
        await using var worker = new ArtifactNode(nodes, control: false);
        var (scarce, plenty) = (worker.Store.Write("rollouts", RandomBytes(100)), worker.Store.Write("rollouts", RandomBytes(100)));
        await worker.SecureAsync(plenty);
        var nowhere = new ArtifactRef("rollouts", Sha256.Of("nowhere"), 7);
        var report = await coordinator.Supply.RepairCopiesAsync([scarce, plenty, nowhere], [], CancellationToken.None).WaitAsync(Ceiling);
        Assert.Equal((3, 1, 0), (report.Checked, report.Repaired, report.Scarce));
        Assert.Equal(nowhere.Sha256, Assert.Single(report.Lost));
        Assert.True(coordinator.Holds(scarce));
    }

    [Fact]
    public async Task A_copy_that_decayed_and_is_doubted_is_replaced_by_another_nodes()
    {
        var nodes = new NodeList();
        await using var first = new ArtifactNode(nodes);
        await using var second = new ArtifactNode(nodes);
        var artifact = first.Store.Write("scores", RandomBytes(100));
        await second.ObtainAsync(artifact);
        // As a disk does it: the length and the time of writing stay.
        var path = second.Store.PathOf(artifact.Sha256);
        var written = File.GetLastWriteTimeUtc(path);
        File.WriteAllBytes(path, RandomBytes(100));
        File.SetLastWriteTimeUtc(path, written);
        await second.ObtainAsync(artifact);
        Assert.False(second.Holds(artifact));
        Assert.True(second.Supply.Doubt(artifact));
        await second.ObtainAsync(artifact);
        Assert.True(second.Holds(artifact));
    }

    [Fact]
    public async Task What_is_discarded_goes_from_every_node()
    {
        var nodes = new NodeList();
        await using var first = new ArtifactNode(nodes);
        await using var second = new ArtifactNode(nodes);
        var artifact = first.Store.Write("checkpoint", RandomBytes(100));
        await first.SecureAsync(artifact);
        Assert.True(second.Holds(artifact));
        first.Supply.Discard([artifact]);
        await UntilAsync(() => !first.Holds(artifact) && !second.Holds(artifact));
    }

    [Fact]
    public async Task A_base_policy_arrives_as_a_folder_that_is_known()
    {
        var nodes = new NodeList();
        await using var first = new ArtifactNode(nodes);
        await using var second = new ArtifactNode(nodes);
        var policy = PolicyFolder.Open(SamplePolicy());
        var stored = PolicyArtifacts.Store(first.Store, policy);
        Assert.Equal((policy.Digest, policy.Files.Length + 1), (stored[0].Sha256, stored.Length));
        Assert.Equal(stored.AsEnumerable(), PolicyArtifacts.Store(first.Store, policy));
        var adapter = first.Store.Write("adapter", RandomBytes(100));
        await second.Supply.ObtainAsync([], [new PolicyRef(policy.Digest, Adapter: adapter.Sha256)], CancellationToken.None).WaitAsync(Ceiling);
        Assert.True(second.Holds(adapter));
        var resolved = new PolicyBases(second.Folder).Resolve(policy.Digest);
        Assert.Equal(policy.Files.AsEnumerable(), resolved.Files);
        Assert.StartsWith(second.Folder, resolved.Path, StringComparison.Ordinal);

        // A file of it that goes is there again after the next call, from the store.
        File.Delete(Path.Combine(resolved.Path, "tokenizer.json"));
        await second.Supply.ObtainAsync([], [new PolicyRef(policy.Digest)], CancellationToken.None).WaitAsync(Ceiling);
        Assert.Equal(policy.Files.AsEnumerable(), new PolicyBases(second.Folder).Resolve(policy.Digest).Files);
    }

    [Fact]
    public async Task A_base_that_is_known_and_intact_is_not_asked_for()
    {
        await using var node = new ArtifactNode(new NodeList());
        var policy = PolicyFolder.Open(SamplePolicy());
        new PolicyBases(node.Folder).Register(policy);
        await node.Supply.ObtainAsync([], [new PolicyRef(policy.Digest)], CancellationToken.None).WaitAsync(Ceiling);
        Assert.False(Directory.Exists(Path.Combine(node.Folder, "bases", policy.Digest)));
    }

    [Theory]
    [InlineData("../config.json")]
    [InlineData("..")]
    [InlineData("/tmp/config.json")]
    [InlineData("a\\config.json")]
    [InlineData("c:config.json")]
    public async Task A_listing_that_leads_out_of_its_folder_is_refused(string name)
    {
        await using var node = new ArtifactNode(new NodeList());
        var file = node.Store.Write("base-file", "{}"u8);
        var listing = node.Store.Write("base", Encoding.UTF8.GetBytes($"{name} {file.Sha256}\n"));
        await Assert.ThrowsAsync<InputException>(
            () => node.Supply.ObtainAsync([], [new PolicyRef(listing.Sha256)], CancellationToken.None).WaitAsync(Ceiling));
        Assert.Equal(["artifacts"], Directory.EnumerateFileSystemEntries(node.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_collection_keeps_what_is_named_and_what_is_young_on_every_node()
    {
        var nodes = new NodeList();
        await using var first = new ArtifactNode(nodes);
        await using var second = new ArtifactNode(nodes);
        var policy = PolicyFolder.Open(SamplePolicy());
        var bases = PolicyArtifacts.Store(first.Store, policy);
        var (named, old, young) = (first.Store.Write("rollouts", "named"u8), first.Store.Write("rollouts", "old"u8), first.Store.Write("rollouts", "young"u8));
        await first.SecureAsync([named, old, young, .. bases]);
        await second.Supply.ObtainAsync([], [new PolicyRef(policy.Digest)], CancellationToken.None).WaitAsync(Ceiling);
        foreach (var node in new[] { first, second })
        {
            foreach (var artifact in bases.Append(named).Append(old)) File.SetLastWriteTimeUtc(node.Store.PathOf(artifact.Sha256), DateTime.UtcNow.AddDays(-1));
        }
        File.WriteAllText(second.PartOf(old), "left by somebody");
        File.SetLastWriteTimeUtc(second.PartOf(old), DateTime.UtcNow.AddDays(-1));
        var collected = await first.Supply.CollectAsync([named], [new PolicyRef(policy.Digest)], CancellationToken.None).WaitAsync(Ceiling);
        Assert.Equal([(1, 3L), (2, 19L)], collected.Select(c => (c.Deleted, c.Bytes)));
        foreach (var node in new[] { first, second })
        {
            Assert.False(node.Holds(old));
            Assert.All(bases.Append(named).Append(young), a => Assert.True(node.Holds(a)));
        }
    }

    [Fact]
    public async Task A_collection_by_something_that_is_no_list_deletes_nothing()
    {
        await using var node = new ArtifactNode(new NodeList(), overrides: "sera.artifacts.grace = 0s");
        var artifact = node.Store.Write("rollouts", "rows"u8);
        var answer = await node.AskAsync<ArtifactsCollected>(node, new CollectArtifacts(artifact.Sha256));
        Assert.Equal(0, answer.Deleted);
        Assert.Contains("not a list of artifacts", answer.Failure, StringComparison.Ordinal);
        Assert.True(node.Holds(artifact));
    }

    [Fact]
    public void A_file_is_read_again_only_when_it_changed()
    {
        var folder = Directory.CreateTempSubdirectory("sera-artifacts-").FullName;
        var store = new ArtifactStore(folder);
        var artifact = store.Write("rollouts", "rows"u8);
        var path = store.PathOf(artifact.Sha256);
        var verified = new VerifiedArtifacts(store);
        Assert.True(verified.IsWhole(artifact.Sha256));
        var written = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, "swor");
        File.SetLastWriteTimeUtc(path, written);
        Assert.True(verified.IsWhole(artifact.Sha256));
        verified.Touch(artifact.Sha256);
        Assert.True(verified.IsWhole(artifact.Sha256));
        verified.Forget(artifact.Sha256);
        Assert.False(verified.IsWhole(artifact.Sha256));
        Assert.Null(verified.LengthOf(artifact.Sha256));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_peers_of_a_cluster_are_its_other_members_that_are_up()
    {
        const string Clustered = """
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            akka.loglevel = ERROR
            akka.cluster.roles = [ROLE]

            """;
        using var first = ActorSystem.Create("sera", Configuration(Clustered.Replace("ROLE", "control", StringComparison.Ordinal)));
        using var second = ActorSystem.Create("sera", Configuration(Clustered.Replace("ROLE", "train", StringComparison.Ordinal)));
        var (one, two) = (Cluster.Get(first), Cluster.Get(second));
        await one.JoinAsync(one.SelfAddress);
        await two.JoinAsync(one.SelfAddress);
        var (ofFirst, ofSecond) = (new ClusterPeers(one), new ClusterPeers(two));
        await UntilAsync(() => ofFirst.Current.Length == 1 && ofSecond.Current.Length == 1);
        Assert.Equal(new ArtifactPeer(two.SelfAddress, Control: false), Assert.Single(ofFirst.Current));
        Assert.Equal(new ArtifactPeer(one.SelfAddress, Control: true), Assert.Single(ofSecond.Current));
        await Task.WhenAll(first.Terminate(), second.Terminate());
    }

    private static string SamplePolicy([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "samples", "policy");
}
