using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Sera.Actors.Artifacts;
using Sera.Actors.Serialization;
using Sera.Model.Checkpoints;
using Xunit;

namespace Sera.Actors.Tests.Artifacts;

/// <summary>An actor system with remoting, a work folder and an exchange of its own; it knows the nodes of a list.</summary>
internal sealed class ArtifactNode : IAsyncDisposable
{
    /// <summary>Ends a wait that would never end; far longer than anything takes.</summary>
    public static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);

    private const string Remoting = """
        akka.actor.provider = remote
        akka.actor.serialize-messages = on
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        akka.loglevel = ERROR
        sera.artifacts { answer = 3s, patience = 30s }

        """;

    private readonly ConcurrentQueue<ArtifactTransferred> _transferred = [];

    public ArtifactNode(NodeList nodes, bool control = true, string overrides = "", string? folder = null, Action<ArtifactTransferred>? observed = null)
    {
        Folder = folder ?? Directory.CreateTempSubdirectory("sera-artifacts-").FullName;
        System = ActorSystem.Create("sera", Configuration(Remoting + overrides));
        Self = new ArtifactPeer(((ExtendedActorSystem)System).Provider.DefaultAddress, control);
        var settings = ArtifactSettings.From(System.Settings.Config);
        Store = new ArtifactStore(settings.StoreFolder(Folder));
        Supply = ExchangedArtifacts.Start(System, Folder, nodes.Of(Self), settings, transferred =>
        {
            _transferred.Enqueue(transferred);
            observed?.Invoke(transferred);
        });
        nodes.Add(Self);
    }

    public string Folder { get; }

    public ActorSystem System { get; }

    public ArtifactPeer Self { get; }

    public ArtifactStore Store { get; }

    public ExchangedArtifacts Supply { get; }

    /// <summary>Every piece that arrived, in order.</summary>
    public ImmutableArray<ArtifactTransferred> Transferred => [.. _transferred];

    public static Config Configuration(string overrides) => ConfigurationFactory.ParseString(overrides)
        .WithFallback(ConfigurationFactory.ParseString(Text("node.conf")))
        .WithFallback(ConfigurationFactory.ParseString(Text("dispatchers.conf")));

    public static byte[] RandomBytes(int count) => RandomNumberGenerator.GetBytes(count);

    /// <summary>Awaits a condition.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var ceiling = new CancellationTokenSource(Ceiling);
        while (!condition()) await Task.Delay(20, ceiling.Token);
    }

    public Task ObtainAsync(params ArtifactRef[] artifacts) => Supply.ObtainAsync([.. artifacts], [], CancellationToken.None).WaitAsync(Ceiling);

    public Task SecureAsync(params ArtifactRef[] artifacts) => Supply.SecureAsync([.. artifacts], CancellationToken.None).WaitAsync(Ceiling);

    /// <summary>Its content is there and right.</summary>
    public bool Holds(ArtifactRef artifact) =>
        File.Exists(Store.PathOf(artifact.Sha256)) && Sha256.OfFile(Store.PathOf(artifact.Sha256)) == artifact.Sha256;

    public string PartOf(ArtifactRef artifact) => Path.Combine(Folder, "artifacts", "tmp", artifact.Sha256 + ".part");

    /// <summary>What another node would be told.</summary>
    public Task<T> AskAsync<T>(ArtifactNode other, object message) =>
        System.ActorSelection(new RootActorPath(other.Self.Address) / "user" / "artifacts").Ask<T>(message, Ceiling);

    public async ValueTask DisposeAsync()
    {
        await System.Terminate();
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }

    private static string Text(string name)
    {
        using var stream = typeof(SeraSerializer).Assembly.GetManifestResourceStream(name);
        Assert.NotNull(stream);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>The nodes of a test; those that died stay in it until removed.</summary>
internal sealed class NodeList
{
    private ImmutableArray<ArtifactPeer> _nodes = [];

    public void Add(ArtifactPeer node) => ImmutableInterlocked.Update(ref _nodes, (nodes, added) => nodes.Add(added), node);

    public IArtifactPeers Of(ArtifactPeer self) => new Others(this, self);

    private sealed class Others(NodeList list, ArtifactPeer self) : IArtifactPeers
    {
        public ImmutableArray<ArtifactPeer> Current => list._nodes.Remove(self);
    }
}
