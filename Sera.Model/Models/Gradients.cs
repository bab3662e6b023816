using static TorchSharp.torch;

namespace Sera.Model.Models;

internal static class Gradients
{
    /// <summary>Adds the gradient of a matrix, left' right summed over the tokens, in fp32.</summary>
    /// <param name="gradient">[outputs, inputs] fp32.</param>
    /// <param name="left">[tokens, outputs]: gradient of what the matrix gave.</param>
    /// <param name="right">[tokens, inputs]: what it was given.</param>
    public static void AddProduct(Tensor gradient, Tensor left, Tensor right)
    {
        using var scope = NewDisposeScope();
        if (left.dtype == ScalarType.Float32) gradient.addmm_(left.t(), right, 1, 1);
        else gradient.add_(left.t().matmul(right));
    }
}
