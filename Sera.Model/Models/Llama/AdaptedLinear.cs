using Sera.Model.Adapters;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>A matrix of the model with what an adapter adds to it. Borrows everything.</summary>
/// <param name="Weight">[outputs, inputs].</param>
/// <param name="Gradient">Of the weight, fp32; null when it is frozen.</param>
/// <param name="Bias">[outputs], added to what comes out; null where the family adds nothing.</param>
/// <param name="BiasGradient">Of it, fp32; null when it is frozen.</param>
internal sealed record AdaptedLinear(Tensor Weight, Tensor? Gradient, LoraDelta? Delta, Tensor? Bias = null, Tensor? BiasGradient = null)
{
    /// <param name="x">[tokens, inputs].</param>
    /// <returns>[tokens, outputs], owned by the current scope.</returns>
    public Tensor Apply(Tensor x)
    {
        var y = F.linear(x, Weight, Bias);
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
        BiasGradient?.add_(dy.sum(0, type: ScalarType.Float32));
        if (Gradient is not null) Gradients.AddProduct(Gradient, dy, x);
        var dx = asked ? dy.matmul(Weight) : null;
        Delta?.Backward(x, dy, dx);
        return dx;
    }
}
