using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Model.Training;

/// <summary>The result of a training as an artifact: whole weights under the names of the checkpoint, or an adapter under those of PEFT.</summary>
internal static class TrainedPolicy
{
    public const string Weights = "weights";
    public const string Adapter = "adapter";

    public static ArtifactRef Write(ArtifactStore.PendingArtifact pending, TrainablePolicy policy)
    {
        Write(pending.Stream, policy);
        return pending.Commit(policy.Model.Adapter is null ? Weights : Adapter);
    }

    /// <summary>Safetensors; an adapter carries its options as metadata, so that the artifact is enough to use it.</summary>
    public static void Write(Stream stream, TrainablePolicy policy)
    {
        if (policy.Model.Adapter is { } adapter) AdapterFile.Write(stream, adapter);
        else SafetensorsWriter.Write(stream, policy.Trained, new Dictionary<string, string> { ["format"] = "pt" });
    }

    public static PolicyRef Name(PolicyRef start, ArtifactRef trained) => trained.Kind == Weights
        ? new PolicyRef(start.Base, Weights: trained.Sha256)
        : start with { Adapter = trained.Sha256 };
}
