using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Artifacts;

/// <summary>The supply of a node among others: takes from them what it lacks and keeps copies with them. For many threads.</summary>
internal sealed class ExchangedArtifacts : IArtifactSupply
{
    /// <summary>Deleting and reading a long list take their time.</summary>
    private static readonly TimeSpan CollectionTime = TimeSpan.FromMinutes(5);

    private readonly ArtifactExchange _exchange;
    private readonly ArtifactCopies _copies;
    private readonly PolicyBases _bases;
    private readonly SharedTasks<PolicyFolder> _preparing = new();
    private readonly ConcurrentDictionary<string, PolicyFolder> _ready = new(StringComparer.Ordinal);

    private ExchangedArtifacts(ArtifactExchange exchange, PolicyBases bases)
    {
        (_exchange, _bases) = (exchange, bases);
        _copies = new ArtifactCopies(exchange);
    }

    /// <summary>Starts the exchange of a node, /user/artifacts; it ends with the system.</summary>
    /// <param name="observed">Hears every piece that arrives, on the threads of the transfers.</param>
    public static ExchangedArtifacts Start(
        ActorSystem system, string workFolder, IArtifactPeers peers, ArtifactSettings settings, Action<ArtifactTransferred>? observed = null)
    {
        var exchange = new ArtifactExchange(system, settings.StoreFolder(workFolder), peers, settings, observed);
        system.ActorOf(Props.Create(() => new ArtifactExchangeActor(exchange)), ArtifactExchangeActor.Name);
        return new ExchangedArtifacts(exchange, new PolicyBases(workFolder));
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">This node's disk is full or fails.</exception>
    public async Task ObtainAsync(ImmutableArray<ArtifactRef> artifacts, ImmutableArray<PolicyRef> policies, CancellationToken cancellation)
    {
        var weights = policies.Where(p => p.Weights is not null).Select(p => new ArtifactRef("weights", p.Weights!, 0));
        var adapters = policies.Where(p => p.Adapter is not null).Select(p => new ArtifactRef("adapter", p.Adapter!, 0));
        await Task.WhenAll(
            artifacts.Concat(weights).Concat(adapters).DistinctBy(a => a.Sha256).Select(a => ObtainAsync(a, cancellation))
                .Concat(policies.Select(p => p.Base).Distinct().Select(b => ObtainBaseAsync(b, cancellation)))).ConfigureAwait(false);
    }

    public Task SecureAsync(ImmutableArray<ArtifactRef> artifacts, CancellationToken cancellation) =>
        Task.WhenAll(artifacts.DistinctBy(a => a.Sha256).Select(a => _copies.SecureAsync(a, cancellation)));

    public bool Doubt(ArtifactRef artifact)
    {
        _exchange.Forget(artifact.Sha256);
        return !_exchange.Settings.IsShared;
    }

    public void Discard(ImmutableArray<ArtifactRef> artifacts)
    {
        _exchange.Discard(artifacts.Select(a => a.Sha256));
        if (_exchange.Settings.IsShared) return;
        foreach (var names in artifacts.Select(a => a.Sha256).Chunk(FindArtifacts.Most))
        {
            foreach (var peer in _exchange.Peers.Current) _exchange.Peers.Tell(peer, new DiscardArtifacts([.. names]));
        }
    }

    /// <summary>After a node was lost: counts the copies of each, and makes those that are missing, a few at a time and in this order.</summary>
    /// <param name="artifacts">All that is needed.</param>
    /// <param name="policies">Their bases are copied with their files.</param>
    public async Task<RepairedCopies> RepairCopiesAsync(
        ImmutableArray<ArtifactRef> artifacts, ImmutableArray<PolicyRef> policies, CancellationToken cancellation)
    {
        var names = artifacts.Select(a => a.Sha256).Concat(policies.SelectMany(p => new[] { p.Weights, p.Adapter, p.Base }.OfType<string>())).ToList();
        foreach (var listing in policies.Select(p => p.Base).Distinct())
        {
            // What it lists is known only with it; a lost one is counted as such below.
            if (await _exchange.FetchAsync(listing).WaitAsync(cancellation).ConfigureAwait(false) is null)
                names.AddRange(PolicyArtifacts.FilesOf(_exchange.Store, listing).Select(f => f.Sha256));
        }
        return await _copies.RepairAsync(names, cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes on every node what is neither among these nor young. A node that does not answer keeps what it has.</summary>
    /// <param name="artifacts">All that any journal names.</param>
    /// <param name="policies">All that any journal names; their bases are kept with their files.</param>
    /// <returns>What each node that answered did.</returns>
    /// <exception cref="DamagedArtifactException">The listing of a base is nowhere, so that its files are not known; nothing is deleted.</exception>
    public async Task<ImmutableArray<ArtifactsCollected>> CollectAsync(
        ImmutableArray<ArtifactRef> artifacts, ImmutableArray<PolicyRef> policies, CancellationToken cancellation)
    {
        var listings = policies.Select(p => new ArtifactRef(PolicyArtifacts.BaseKind, p.Base, 0)).Distinct().ToImmutableArray();
        await Task.WhenAll(listings.Select(l => ObtainAsync(l, cancellation))).ConfigureAwait(false);
        var list = await Task.Run(
            () => ArtifactCollection.WriteList(
                _exchange.Store,
                artifacts.Concat(listings).Concat(listings.SelectMany(l => PolicyArtifacts.FilesOf(_exchange.Store, l.Sha256))).Select(a => a.Sha256)
                    .Concat(policies.SelectMany(p => new[] { p.Weights, p.Adapter }.OfType<string>()))),
            cancellation).ConfigureAwait(false);
        var request = new CollectArtifacts(list.Sha256);
        var others = _exchange.Settings.IsShared ? [] : _exchange.Peers.Current;
        var answers = await Task.WhenAll(
            others.Select(p => _exchange.Peers.AskAsync<ArtifactsCollected>(p, request, _exchange.Settings.Patience + CollectionTime))
                .Prepend(Task.Run<ArtifactsCollected?>(async () => await _exchange.CollectAsync(request).ConfigureAwait(false), cancellation)))
            .WaitAsync(cancellation).ConfigureAwait(false);
        return [.. answers.OfType<ArtifactsCollected>()];
    }

    private async Task ObtainAsync(ArtifactRef artifact, CancellationToken cancellation)
    {
        if (await _exchange.FetchAsync(artifact.Sha256).WaitAsync(cancellation).ConfigureAwait(false) is { } failure)
            throw new DamagedArtifactException(artifact, _exchange.Store.PathOf(artifact.Sha256), failure);
    }

    private Task ObtainBaseAsync(string digest, CancellationToken cancellation) =>
        _preparing.RunAsync(digest, async () => _ready[digest] = await PrepareAsync(digest).ConfigureAwait(false)).WaitAsync(cancellation);

    private async Task<PolicyFolder> PrepareAsync(string digest)
    {
        // Read once in a process; after that it is enough that no file went.
        if (_ready.TryGetValue(digest, out var known) && known.Files.All(f => IsThere(known, f))) return known;
        try
        {
            return _bases.Resolve(digest);
        }
        catch (InputException)
        {
            // Not known here, or no longer what it was.
        }
        await ObtainAsync(new ArtifactRef(PolicyArtifacts.BaseKind, digest, 0), _exchange.Stopping).ConfigureAwait(false);
        var files = PolicyArtifacts.FilesOf(_exchange.Store, digest);
        await Task.WhenAll(files.DistinctBy(f => f.Sha256).Select(f => ObtainAsync(f, _exchange.Stopping))).ConfigureAwait(false);
        return PolicyArtifacts.Materialize(_exchange.Store, _bases, _exchange.BaseFolders, digest);
    }

    private static bool IsThere(PolicyFolder policy, PolicyFile file) =>
        new FileInfo(Path.Combine(policy.Path, file.Name)) is { Exists: true } found && found.Length == file.Bytes;
}
