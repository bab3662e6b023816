using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;

namespace Sera.Host.Outputs;

/// <summary>Policies as folders that other programs read.</summary>
internal static class PolicyExport
{
    /// <summary>A Hugging Face folder with full weights; an adapter is merged into its base.</summary>
    public static void WriteMerged(PolicyCache policies, PolicyRef policy, string folder, WeightFormat? format = null)
    {
        using var lease = policies.AcquireExact(policy);
        WriteMerged(lease.Folder, lease.Model, folder, format);
    }

    /// <inheritdoc cref="WriteMerged(PolicyCache, PolicyRef, string, WeightFormat)"/>
    /// <param name="source">Gives config and tokenizer.</param>
    /// <param name="unmerge">Whether the adapter is taken out of the weights instead, as which it was merged into them before.</param>
    public static void WriteMerged(PolicyFolder source, LlamaModel model, string folder, WeightFormat? format, bool unmerge = false)
    {
        if (model.Adapter is not { } adapter)
        {
            PolicyFolderWriter.Write(folder, source, model.Parameters, format);
            return;
        }
        using var merged = FlatParameters.Frozen(LlamaLayout.Of(source.Config), LoraMerge.Merge(model.Parameters, adapter, unmerge ? -1 : 1));
        PolicyFolderWriter.Write(folder, source, merged, format);
    }

    /// <summary>A Hugging Face folder whose parameters are weighted sums of those of policies over one base; adapters are merged first.</summary>
    /// <param name="source">The base; gives config and tokenizer.</param>
    public static void WriteSum(PolicyFolder source, ArtifactStore store, IEnumerable<(PolicyRef Policy, double Factor)> terms, string folder, WeightFormat? format)
    {
        var opened = new List<(PolicyWeights Weights, double Factor)>();
        try
        {
            foreach (var (policy, factor) in terms) opened.Add((PolicyWeights.Open(source, store, policy), factor));
            using var sum = FlatParameters.Frozen(LlamaLayout.Of(source.Config), PolicySum.Of(source.Config, opened));
            PolicyFolderWriter.Write(folder, source, sum, format);
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
