using Sera.Model.Engine;

namespace Sera.Model.Training;

/// <summary>
/// The state at the end of the latest segment, so that the next one goes on without reading its checkpoint. What is remembered equals
/// what the checkpoint holds, bit for bit; forgetting it costs time only. Owned by an engine, one thread at a time.
/// </summary>
public sealed class TrainerMemory : IDisposable
{
    private (PolicyRef Start, string Checkpoint, TrainablePolicy Policy)? _kept;

    /// <summary>Hands over the state named by this checkpoint, if it is the one kept; anything else is dropped.</summary>
    internal TrainablePolicy? Take(PolicyRef start, string? checkpoint)
    {
        var kept = _kept;
        _kept = null;
        if (kept is not { } latest) return null;
        if (latest.Start == start && latest.Checkpoint == checkpoint) return latest.Policy;
        latest.Policy.Dispose();
        return null;
    }

    /// <summary>Takes ownership.</summary>
    internal void Keep(PolicyRef start, string checkpoint, TrainablePolicy policy)
    {
        Dispose();
        _kept = (start, checkpoint, policy);
    }

    /// <summary>Forgets the state; the memory may be used again.</summary>
    public void Dispose()
    {
        _kept?.Policy.Dispose();
        _kept = null;
    }
}
