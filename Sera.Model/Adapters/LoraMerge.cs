using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Adapters;

/// <summary>Full weights that compute what base and adapter compute together: W + scale * B A.</summary>
public static class LoraMerge
{
    /// <returns>[LlamaLayout.Of(config).Length], fp32, on the device of the base; the caller owns it.</returns>
    public static Tensor Merge(LlamaConfig config, FlatParameters parameters, LoraAdapter adapter)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var flat = parameters.Flat.clone();
        var scale = adapter.Options.Alpha / adapter.Options.Rank;
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var (projection, _) in LlamaLayout.Linears(config).SelectMany(l => l.Parts).Where(p => adapter.Options.Targets.Contains(p.Projection)))
            {
                using var inner = NewDisposeScope();
                var place = parameters.Layout[$"{LlamaLayout.Module(layer, projection)}.weight"];
                var delta = matmul(adapter.Parameters[LoraAdapter.KeyB(layer, projection)], adapter.Parameters[LoraAdapter.KeyA(layer, projection)]);
                flat.narrow(0, place.Offset, place.Count).add_(delta.reshape(-1), alpha: Scalars.Kept(scale));
            }
        }
        return flat.MoveToOuterDisposeScope();
    }
}
