using static TorchSharp.torch;

namespace Sera.Model.Models;

/// <summary>
/// The parameters of a model or an adapter in one flat fp32 buffer, with views by block and by name. Owns the buffer, the gradient and
/// the views. Frozen parameters may be read from many threads at once; trainable ones belong to one thread.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    private readonly Dictionary<string, Tensor> _blocks = [];
    private readonly Dictionary<string, Tensor> _named = [];

    private FlatParameters(ParameterLayout layout, Tensor flat, bool trainable)
    {
        (Layout, Flat) = (layout, flat.DetachFromDisposeScope());
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (trainable) Gradient = zeros_like(flat).DetachFromDisposeScope();
        foreach (var block in layout.Blocks)
        {
            var view = ViewOf(Flat, block).detach();
            if (trainable)
            {
                view.requires_grad_(true);
                view.grad = ViewOf(Gradient!, block);
            }
            _blocks[block.Name] = view.DetachFromDisposeScope();
        }
        foreach (var parameter in layout.Parameters) _named[parameter.Name] = ViewOf(Flat, parameter).DetachFromDisposeScope();
    }

    public ParameterLayout Layout { get; }

    /// <summary>[Layout.Length], fp32.</summary>
    public Tensor Flat { get; }

    /// <summary>[Layout.Length], fp32; what backward adds up over the micro-batches of a step. Null when frozen. Zero it between steps.</summary>
    public Tensor? Gradient { get; }

    /// <summary>Takes ownership of <paramref name="flat"/>; nothing may write to it from now on.</summary>
    public static FlatParameters Frozen(ParameterLayout layout, Tensor flat) => new(layout, flat, false);

    /// <summary>Takes ownership of <paramref name="flat"/>. The block views are autograd leaves whose gradients lie in <see cref="Gradient"/>.</summary>
    public static FlatParameters Trainable(ParameterLayout layout, Tensor flat) => new(layout, flat, true);

    /// <summary>View of a block, borrowed; what the forward reads.</summary>
    public Tensor Block(string name) => _blocks[name];

    /// <summary>View of one named parameter, borrowed and without gradient.</summary>
    public Tensor this[string name] => _named[name];

    public void Dispose()
    {
        foreach (var view in _blocks.Values.Concat(_named.Values)) view.Dispose();
        Gradient?.Dispose();
        Flat.Dispose();
    }

    private static Tensor ViewOf(Tensor flat, NamedParameter parameter) =>
        flat.narrow(0, parameter.Offset, parameter.Count).view([.. parameter.Shape]);
}
