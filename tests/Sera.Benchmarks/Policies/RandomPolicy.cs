using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Benchmarks.Policies;

/// <summary>A policy of freshly drawn weights.</summary>
internal sealed class RandomPolicy : IDisposable
{
    private readonly FlatParameters _parameters;

    public RandomPolicy(LlamaConfig config, ulong seed, ScalarType type)
    {
        using var drawn = LlamaWeights.Random(config, seed);
        _parameters = FlatParameters.Frozen(LlamaLayout.Of(config), drawn.to(type, copy: true).DetachFromDisposeScope());
        Model = new LlamaModel(config, _parameters);
    }

    public LlamaModel Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        _parameters.Dispose();
    }
}
