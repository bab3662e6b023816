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
    public static void WriteMerged(PolicyCache policies, PolicyRef policy, string folder)
    {
        using var lease = policies.Acquire(policy);
        if (lease.Model.Adapter is not { } adapter)
        {
            PolicyFolderWriter.Write(folder, lease.Folder, lease.Model.Parameters);
            return;
        }
        var flat = LoraMerge.Merge(lease.Folder.Config, lease.Model.Parameters, adapter);
        using var merged = FlatParameters.Frozen(LlamaLayout.Of(lease.Folder.Config), flat);
        PolicyFolderWriter.Write(folder, lease.Folder, merged);
    }

    /// <summary>A PEFT folder; false where the policy has no adapter.</summary>
    public static bool WriteAdapter(PolicyCache policies, PolicyRef policy, string folder)
    {
        using var lease = policies.Acquire(policy);
        if (lease.Model.Adapter is not { } adapter) return false;
        PeftFolder.Write(folder, adapter, lease.Folder.Path);
        return true;
    }
}
