using System.Collections.Immutable;

namespace Sera.Model.Engine;

/// <summary>
/// Training whose gradients others compute. Advanced like any work until it awaits gradients; with the last one added the step is taken and
/// it can be advanced again. A step of a single micro-batch, which nobody could share, it computes itself.
/// </summary>
public interface IDistributedTraining : IQuantumWork<TrainingResult>
{
    /// <summary>Micro-batches whose gradients are still to be added, in the order of adding; empty when the work can be advanced.</summary>
    ImmutableArray<GradientRequest> Awaited { get; }

    /// <summary>Adds the gradient of the first one awaited. Sums depend on the order in their last bits, so there is only this order.</summary>
    /// <exception cref="Checkpoints.DamagedArtifactException">The gradient is not what its name says; nothing was added.</exception>
    void Add(GradientResult gradient);
}
