using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Artifacts;

/// <summary>
/// The supply of a node that is alone: everything is here or nowhere. What is discarded is deleted one set after the other, away from the actors'
/// threads; a file that cannot be deleted now stays until the next resume of its run. Safe for many threads.
/// </summary>
internal sealed class LocalArtifacts(ArtifactStore store) : IArtifactSupply
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    /// <summary>Everything discarded so far is gone when this is done.</summary>
    public Task Finished
    {
        get
        {
            lock (_gate) return _last;
        }
    }

    public Task ObtainAsync(ImmutableArray<ArtifactRef> artifacts, ImmutableArray<PolicyRef> policies, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Makes them young again, so that no collection takes what was found in the index before the journal names it.</summary>
    /// <exception cref="FileNotFoundException">One just went; the work is to be done again.</exception>
    public Task SecureAsync(ImmutableArray<ArtifactRef> artifacts, CancellationToken cancellation)
    {
        foreach (var artifact in artifacts) File.SetLastWriteTimeUtc(store.PathOf(artifact.Sha256), DateTime.UtcNow);
        return Task.CompletedTask;
    }

    public bool Doubt(ArtifactRef artifact) => false;

    public void Discard(ImmutableArray<ArtifactRef> artifacts)
    {
        if (artifacts.IsEmpty) return;
        lock (_gate)
        {
            _last = _last.ContinueWith(_ => Delete(artifacts), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Delete(ImmutableArray<ArtifactRef> artifacts)
    {
        foreach (var artifact in artifacts)
        {
            try
            {
                store.Delete(artifact);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It takes space and nothing else; the training goes on.
            }
        }
    }
}
