using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Engine;

/// <summary>
/// The full weights of a policy, read one parameter at a time from where they lie; an adapter is merged into what it changes. Nothing but an adapter is
/// in memory.
/// </summary>
public sealed class PolicyWeights : IDisposable
{
    private readonly WeightFiles _files;
    private readonly LoraAdapter? _adapter;

    private PolicyWeights(WeightFiles files, LoraAdapter? adapter) => (_files, _adapter) = (files, adapter);

    /// <param name="folder">The base of the policy.</param>
    /// <exception cref="Data.InputException">A file of the folder is missing or malformed.</exception>
    /// <exception cref="DamagedArtifactException">The weights or the adapter are missing or damaged.</exception>
    public static PolicyWeights Open(PolicyFolder folder, ArtifactStore store, PolicyRef policy)
    {
        if (policy.Base != folder.Digest) throw new ArgumentException($"a policy over {policy.Base}, the folder is {folder.Digest}", nameof(policy));
        if (policy.Weights is { } weights) return new PolicyWeights(WeightFiles.OpenFile(store.VerifiedPath("weights", weights)), null);
        var adapter = policy.Adapter is { } digest ? AdapterFile.Read(store.VerifiedPath("adapter", digest), folder.Config, CPU) : null;
        try
        {
            return new PolicyWeights(WeightFiles.Open(folder.Path), adapter);
        }
        catch
        {
            adapter?.Dispose();
            throw;
        }
    }

    /// <summary>Of a folder as it is, of a policy or of a reward model.</summary>
    /// <exception cref="Data.InputException">A file of the folder is missing or malformed.</exception>
    public static PolicyWeights Open(PolicyFolder folder) => new(WeightFiles.Open(folder.Path), null);

    /// <summary>Overwrites the target with a parameter.</summary>
    /// <param name="target">[parameter.Count] fp32, contiguous, on the CPU.</param>
    /// <exception cref="Data.InputException">The parameter is missing, of another shape, or of a type that is not read.</exception>
    public void Read(NamedParameter parameter, Tensor target)
    {
        var file = _files.FileOf(parameter);
        file.CopyTo(parameter, file.Expect(parameter), target);
        if (_adapter is not null) LoraMerge.AddTo(target, parameter.Name, _adapter);
    }

    public void Dispose()
    {
        _files.Dispose();
        _adapter?.Dispose();
    }
}
