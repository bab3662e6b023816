using static TorchSharp.torch;

namespace Sera.Model.Models;

/// <summary>
/// The parameters of a model or an adapter in one flat buffer, with views by block and by name. Owns the buffers and the views. Frozen
/// parameters may be read from many threads at once; trainable ones belong to one thread.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    private readonly Dictionary<string, Tensor> _blocks = [];
    private readonly Dictionary<string, Tensor> _gradients = [];
    private readonly Dictionary<string, Tensor> _named = [];

    private FlatParameters(ParameterLayout layout, Tensor flat, Tensor compute, bool trainable)
    {
        (Layout, Flat, Compute) = (layout, flat.DetachFromDisposeScope(), compute.DetachFromDisposeScope());
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (trainable) Gradient = zeros_like(flat).DetachFromDisposeScope();
        foreach (var block in layout.Blocks)
        {
            _blocks[block.Name] = ViewOf(Compute, block).DetachFromDisposeScope();
            if (trainable) _gradients[block.Name] = ViewOf(Gradient!, block).DetachFromDisposeScope();
        }
        foreach (var parameter in layout.Parameters) _named[parameter.Name] = ViewOf(Flat, parameter).DetachFromDisposeScope();
    }

    public ParameterLayout Layout { get; }

    /// <summary>[Layout.Length]: fp32 where trainable (the master weights); where frozen, in the type they are computed in.</summary>
    public Tensor Flat { get; }

    /// <summary>[Layout.Length]: what the forward reads; <see cref="Flat"/> itself unless that is trainable and computed in bf16.</summary>
    public Tensor Compute { get; }

    /// <summary>[Layout.Length], fp32; what backward adds up over the micro-batches of a step. Null when frozen. Zero it between steps.</summary>
    public Tensor? Gradient { get; }

    /// <summary>Takes ownership of <paramref name="flat"/>; nothing may write to it from now on.</summary>
    public static FlatParameters Frozen(ParameterLayout layout, Tensor flat) => new(layout, flat, flat, false);

    /// <summary>Takes ownership of <paramref name="flat"/>, fp32.</summary>
    /// <param name="computed">The type the forward reads, fp32 or bf16.</param>
    public static FlatParameters Trainable(ParameterLayout layout, Tensor flat, ScalarType computed = ScalarType.Float32)
    {
        using var noGrad = no_grad();
        return new FlatParameters(layout, flat, computed == flat.dtype ? flat : flat.to(computed), true);
    }

    /// <summary>View of a block, borrowed; what the forward reads.</summary>
    public Tensor Block(string name) => _blocks[name];

    /// <summary>View of a block of the gradient, borrowed; null when frozen.</summary>
    public Tensor? GradientOf(string name) => _gradients.GetValueOrDefault(name);

    /// <summary>View of one named parameter of <see cref="Flat"/>, borrowed.</summary>
    public Tensor this[string name] => _named[name];

    /// <summary>To be called when <see cref="Flat"/> was written to: the forward reads what it holds from now on.</summary>
    public void Refresh()
    {
        if (ReferenceEquals(Compute, Flat)) return;
        using var noGrad = no_grad();
        Compute.copy_(Flat);
    }

    public void Dispose()
    {
        foreach (var view in _blocks.Values.Concat(_gradients.Values).Concat(_named.Values)) view.Dispose();
        Gradient?.Dispose();
        if (!ReferenceEquals(Compute, Flat)) Compute.Dispose();
        Flat.Dispose();
    }

    private static Tensor ViewOf(Tensor flat, NamedParameter parameter) =>
        flat.narrow(0, parameter.Offset, parameter.Count).view([.. parameter.Shape]);
}
