using System.Globalization;
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
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        if (policy.Model.Adapter is { } adapter)
        {
            metadata["r"] = adapter.Options.Rank.ToString(CultureInfo.InvariantCulture);
            metadata["lora_alpha"] = adapter.Options.Alpha.ToString("R", CultureInfo.InvariantCulture);
            metadata["target_modules"] = string.Join(',', adapter.Options.Targets);
        }
        SafetensorsWriter.Write(stream, policy.Trained, metadata);
    }

    public static PolicyRef Name(PolicyRef start, ArtifactRef trained) => trained.Kind == Weights
        ? new PolicyRef(start.Base, Weights: trained.Sha256)
        : start with { Adapter = trained.Sha256 };
}
