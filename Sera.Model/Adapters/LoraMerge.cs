using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Adapters;

/// <summary>Full weights that compute what base and adapter compute together: W + scale * B A.</summary>
public static class LoraMerge
{
    /// <param name="sign">1, or -1 for weights that the adapter is merged into and shall be taken out of, exact but for rounding.</param>
    /// <returns>[parameters.Layout.Length], fp32, on the device of the base; the caller owns it.</returns>
    public static Tensor Merge(FlatParameters parameters, LoraAdapter adapter, int sign = 1)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var flat = parameters.Flat.clone();
        foreach (var parameter in parameters.Layout.Parameters) AddTo(flat.narrow(0, parameter.Offset, parameter.Count), parameter.Name, adapter, sign);
        return flat.MoveToOuterDisposeScope();
    }

    /// <summary>Adds to a parameter of the base what the adapter adds to it; nothing where it is not adapted.</summary>
    /// <param name="target">[elements of the parameter].</param>
    /// <param name="parameter">Its name in the checkpoint.</param>
    public static void AddTo(Tensor target, string parameter, LoraAdapter adapter, int sign = 1)
    {
        const string weight = ".weight";
        var module = parameter.EndsWith(weight, StringComparison.Ordinal) ? parameter[..^weight.Length] : parameter;
        if (!adapter.Parameters.Layout.TryGet(LoraAdapter.KeyB(module), out _)) return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var delta = matmul(adapter.Parameters[LoraAdapter.KeyB(module)], adapter.Parameters[LoraAdapter.KeyA(module)]);
        target.add_(delta.reshape(-1), alpha: Scalars.Kept(sign * adapter.Options.Scale));
    }
}
