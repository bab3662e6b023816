using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Rewards;
using Sera.Model.Tokenization;

namespace Sera.Model.Engine;

/// <summary>A policy in memory, read-only, shared by threads. Owned by the <see cref="PolicyCache"/>.</summary>
internal sealed class LoadedPolicy : IDisposable
{
    private readonly FlatParameters? _parameters; // null when borrowed from the base
    private readonly LoraAdapter? _adapter;
    private readonly IDisposable? _base;

    /// <param name="parameters">Owned from now on.</param>
    /// <param name="reward">They are those of a reward model, which has no output matrix.</param>
    public LoadedPolicy(PolicyFolder folder, ITextTokenizer tokenizer, FlatParameters parameters, bool reward = false)
    {
        (Folder, Tokenizer, _parameters) = (folder, tokenizer, parameters);
        Model = reward ? RewardModelFolder.ModelOf(folder.Config, parameters) : new LlamaModel(folder.Config, parameters);
    }

    /// <param name="basePolicy">Gives the parameters; its lease is owned from now on.</param>
    /// <param name="adapter">Owned from now on.</param>
    public LoadedPolicy(PolicyLease basePolicy, LoraAdapter adapter)
    {
        (Folder, Tokenizer, _adapter, _base) = (basePolicy.Folder, basePolicy.Tokenizer, adapter, basePolicy);
        Model = new LlamaModel(Folder.Config, basePolicy.Model.Parameters, adapter);
    }

    public PolicyFolder Folder { get; }

    public ITextTokenizer Tokenizer { get; }

    public LlamaModel Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        _adapter?.Dispose();
        _parameters?.Dispose();
        _base?.Dispose();
    }
}
