using Sera.Model.Adapters;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>A matrix of the model with what an adapter adds to it. Borrows everything.</summary>
/// <param name="Weight">[outputs, inputs].</param>
/// <param name="Gradient">Of the weight, fp32; null when it is frozen.</param>
internal sealed record AdaptedLinear(Tensor Weight, Tensor? Gradient, LoraDelta? Delta)
{
    /// <param name="x">[tokens, inputs].</param>
    /// <returns>[tokens, outputs], owned by the current scope.</returns>
    public Tensor Apply(Tensor x)
    {
        var y = F.linear(x, Weight);
        Delta?.AddTo(y, x);
        return y;
    }

    /// <summary>Adds the gradients of what is trained.</summary>
    /// <param name="x">What was applied to.</param>
    /// <param name="dy">Gradient of what came out, [tokens, outputs].</param>
    /// <param name="asked">Whether anything below is trained.</param>
    /// <returns>Gradient of <paramref name="x"/>, owned by the current scope; null where nobody asked.</returns>
    public Tensor? Backward(Tensor x, Tensor dy, bool asked = true)
    {
        if (Gradient is not null) Gradients.AddProduct(Gradient, dy, x);
        var dx = asked ? dy.matmul(Weight) : null;
        Delta?.Backward(x, dy, dx);
        return dx;
    }
}
