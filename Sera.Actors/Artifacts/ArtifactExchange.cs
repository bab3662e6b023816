using System.Runtime.ExceptionServices;
using Akka.Actor;
using Akka.Event;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Artifacts;

/// <summary>
/// A node's part in the exchange: fetches what it lacks, and does what other nodes ask of it by way of <see cref="ArtifactExchangeActor"/>. Everything
/// runs on tasks; for many threads.
/// </summary>
internal sealed class ArtifactExchange
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly SharedTasks<string?> _fetches = new();
    private readonly FetchTools _tools;
    private readonly string _folder;
    private readonly LocalArtifacts _local;

    /// <param name="folder">The work folder, or the shared one: the store lies under it.</param>
    public ArtifactExchange(ActorSystem system, string folder, IArtifactPeers peers, ArtifactSettings settings, Action<ArtifactTransferred>? observed = null)
    {
        var store = new ArtifactStore(folder);
        _folder = folder;
        _local = new LocalArtifacts(store);
        Peers = new PeerCalls(system, peers, settings.Answer, _stopping.Token);
        _tools = new FetchTools(
            store, new VerifiedArtifacts(store), Peers, new ArtifactStreams(system, settings), settings, new SemaphoreSlim(settings.Transfers),
            Logging.GetLogger(system, typeof(ArtifactExchange)), observed, _stopping.Token);
    }

    public ArtifactStore Store => _tools.Store;

    public ArtifactSettings Settings => _tools.Settings;

    public ILoggingAdapter Log => _tools.Log;

    public PeerCalls Peers { get; }

    /// <summary>Folders of base policies made of artifacts.</summary>
    public string BaseFolders => Path.Combine(_folder, "bases");

    /// <summary>Cancelled when the node goes.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Brings an artifact here; one transfer for all who ask at the same time.</summary>
    /// <param name="holder">Who probably has it, and is asked before all others; null = nobody is known.</param>
    /// <returns>Null when it is whole in the store, else why it is not.</returns>
    /// <exception cref="IOException">This node's disk is full or fails.</exception>
    public Task<string?> FetchAsync(string sha256, Address? holder = null) => ArtifactStore.IsName(sha256)
        ? _fetches.RunAsync(sha256, async () =>
        {
            using var fetch = new ArtifactFetch(_tools, sha256, holder);
            try
            {
                return await fetch.RunAsync().ConfigureAwait(false);
            }
            catch (DiskFaultException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerException!);
                throw;
            }
        })
        : throw new ArgumentException($"not a SHA-256 name: '{sha256}'", nameof(sha256));

    /// <summary>Which of the names are here.</summary>
    public ArtifactsFound Find(FindArtifacts question) => new(
    [
        .. question.Sha256s.Where(ArtifactStore.IsName).Select(s => (Name: s, Bytes: _tools.Verified.LengthOf(s))).Where(f => f.Bytes is not null)
            .Select(f => new FoundArtifact(f.Name, f.Bytes!.Value)),
    ]);

    public bool Has(string sha256) => _tools.Verified.LengthOf(sha256) is not null;

    /// <summary>The stream that was asked for, or a refusal.</summary>
    public async Task<object> OfferAsync(StreamArtifact request)
    {
        if (!ArtifactStore.IsName(request.Sha256)) return new ArtifactRefused(request.Sha256, "not a SHA-256 name");
        if (_tools.Verified.LengthOf(request.Sha256) is not { } length) return new ArtifactRefused(request.Sha256, "it is not here");
        if (request.Offset < 0 || request.Offset > length) return new ArtifactRefused(request.Sha256, $"byte {request.Offset} of {length}");
        return await _tools.Streams.OfferAsync(Store.PathOf(request.Sha256), request.Offset).ConfigureAwait(false);
    }

    /// <summary>Keeps a copy; answers before the asker loses patience, though it may not be there yet.</summary>
    /// <param name="asker">The node that asks, which mostly has it.</param>
    public async Task<ArtifactKept> KeepAsync(KeepArtifact request, Address? asker = null)
    {
        if (!ArtifactStore.IsName(request.Sha256)) return new ArtifactKept(request.Sha256, KeepState.Failed, "not a SHA-256 name");
        if (request.Recheck) _tools.Verified.Forget(request.Sha256);
        try
        {
            var failure = await FetchAsync(request.Sha256, asker).WaitAsync(Settings.Answer / 2).ConfigureAwait(false);
            if (failure is not null) return new ArtifactKept(request.Sha256, KeepState.Failed, failure);
            Touch(request.Sha256);
            return new ArtifactKept(request.Sha256, KeepState.Kept);
        }
        catch (TimeoutException)
        {
            return new ArtifactKept(request.Sha256, KeepState.Pending);
        }
        catch (Exception e)
        {
            return new ArtifactKept(request.Sha256, KeepState.Failed, e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>Saves it from the next collections for as long as grace goes.</summary>
    public void Touch(string sha256) => _tools.Verified.Touch(sha256);

    /// <summary>Reads it again before it is believed to be whole.</summary>
    public void Forget(string sha256) => _tools.Verified.Forget(sha256);

    public void Discard(IEnumerable<string> names) =>
        _local.Discard([.. names.Where(ArtifactStore.IsName).Select(s => new ArtifactRef("discarded", s, 0))]);

    /// <summary>Deletes what a list, which it fetches first, does not name.</summary>
    public async Task<ArtifactsCollected> CollectAsync(CollectArtifacts request)
    {
        if (await FetchAsync(request.List).ConfigureAwait(false) is { } failure) return new ArtifactsCollected(0, 0, 0, failure);
        var kept = ArtifactCollection.ReadList(Store, request.List);
        var before = DateTime.UtcNow - Settings.Grace;
        ArtifactCollection.CollectBases(BaseFolders, kept, before);
        var collected = ArtifactCollection.Collect(Store, kept, before);
        return new ArtifactsCollected(collected.Deleted, collected.Bytes, collected.Left);
    }

    /// <summary>Ends what is under way; the parts stay.</summary>
    public void Stop() => _stopping.Cancel();
}
