using System.Collections.Immutable;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Runs;

/// <summary>
/// Deletes superseded checkpoints, one set after the other, away from the actors' threads. A file that cannot be deleted now stays until the next
/// resume of its run. Safe for several runs of a node.
/// </summary>
internal sealed class CheckpointRemoval(ArtifactStore store)
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    /// <summary>Everything asked for so far is done when this is.</summary>
    public Task Finished
    {
        get
        {
            lock (_gate) return _last;
        }
    }

    public void Remove(ImmutableArray<ArtifactRef> checkpoints)
    {
        if (checkpoints.IsEmpty) return;
        lock (_gate)
        {
            _last = _last.ContinueWith(_ => Delete(checkpoints), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Delete(ImmutableArray<ArtifactRef> checkpoints)
    {
        foreach (var checkpoint in checkpoints)
        {
            try
            {
                store.Delete(checkpoint);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It takes space and nothing else; the training goes on.
            }
        }
    }
}
