using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;

namespace Sera.Model.Training;

/// <summary>
/// Updates of a reference that follows the policy in training (docs/methods.md): whole weights in fp32, an adapter merged into its base, summed in double as
/// all mixes of policies are. A policy like any other, so that whoever scores can load it.
/// </summary>
internal static class FollowingReference
{
    /// <param name="start">Policy at step 0 of the round.</param>
    /// <param name="sync">The reference before the update.</param>
    /// <param name="read">The weights of a policy, one parameter at a time; not called where the update is the policy itself.</param>
    /// <exception cref="Data.InputException">A sum is not finite, or a policy cannot be read.</exception>
    public static UpdatedReference Write(ArtifactStore store, TrainablePolicy policy, PolicyRef start, ReferenceSync sync, Func<PolicyRef, PolicyWeights> read)
    {
        var artifact = Write(store, pending => TrainedPolicy.Write(pending, policy));
        var trained = new UpdatedReference(artifact, TrainedPolicy.Name(start, artifact));
        if (sync.Mix >= 1) return trained;
        using var ours = read(trained.Policy);
        using var theirs = read(sync.Reference);
        var factors = WeightSum.Mix(sync.Mix);
        using var mixed = FlatParameters.Frozen(
            LlamaLayout.Of(policy.Model.Config), PolicySum.Of(policy.Model.Config, [(ours, factors[0]), (theirs, factors[1])]));
        artifact = Write(store, pending =>
        {
            SafetensorsWriter.Write(pending.Stream, mixed, new Dictionary<string, string> { ["format"] = "pt" });
            return pending.Commit(TrainedPolicy.Weights);
        });
        return new UpdatedReference(artifact, new PolicyRef(start.Base, Weights: artifact.Sha256));
    }

    private static ArtifactRef Write(ArtifactStore store, Func<ArtifactStore.PendingArtifact, ArtifactRef> write)
    {
        using var pending = store.Create();
        return write(pending);
    }
}
