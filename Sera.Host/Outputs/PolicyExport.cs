using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Host.Outputs;

/// <summary>Policies as folders that other programs read.</summary>
internal static class PolicyExport
{
    /// <summary>A Hugging Face folder with full weights; an adapter is merged into its base.</summary>
    public static void WriteMerged(PolicyCache policies, PolicyRef policy, string folder, ScalarType dtype = ScalarType.Float32)
    {
        using var lease = policies.AcquireExact(policy);
        WriteMerged(lease.Folder, lease.Model, folder, dtype);
    }

    /// <inheritdoc cref="WriteMerged(PolicyCache, PolicyRef, string, ScalarType)"/>
    /// <param name="source">Gives config and tokenizer.</param>
    public static void WriteMerged(PolicyFolder source, LlamaModel model, string folder, ScalarType dtype)
    {
        if (model.Adapter is not { } adapter)
        {
            PolicyFolderWriter.Write(folder, source, model.Parameters, dtype);
            return;
        }
        using var merged = FlatParameters.Frozen(LlamaLayout.Of(source.Config), LoraMerge.Merge(model.Parameters, adapter));
        PolicyFolderWriter.Write(folder, source, merged, dtype);
    }

    /// <summary>A Hugging Face folder whose parameters are weighted sums of those of policies over one base; adapters are merged first.</summary>
    /// <param name="source">The base; gives config and tokenizer.</param>
    public static void WriteSum(PolicyFolder source, ArtifactStore store, IEnumerable<(PolicyRef Policy, double Factor)> terms, string folder, ScalarType dtype)
    {
        var opened = new List<(PolicyWeights Weights, double Factor)>();
        try
        {
            foreach (var (policy, factor) in terms) opened.Add((PolicyWeights.Open(source, store, policy), factor));
            using var sum = FlatParameters.Frozen(LlamaLayout.Of(source.Config), PolicySum.Of(source.Config, opened));
            PolicyFolderWriter.Write(folder, source, sum, dtype);
        }
        finally
        {
            foreach (var (weights, _) in opened) weights.Dispose();
        }
    }

    /// <summary>A PEFT folder; false where the policy has no adapter.</summary>
    public static bool WriteAdapter(PolicyCache policies, PolicyRef policy, string folder)
    {
        using var lease = policies.AcquireExact(policy);
        if (lease.Model.Adapter is not { } adapter) return false;
        PeftFolder.Write(folder, adapter, lease.Folder.Path, lease.Folder.Config);
        return true;
    }
}
