using System.Collections.Immutable;
using Sera.Model.Models;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Adapters;

/// <summary>What an adapter adds to one fused linear: scale * B A x for each adapted part, nothing for the parts left alone.</summary>
/// <param name="A">[adapted parts * rank, inputs], the parts' A stacked.</param>
/// <param name="DA">Gradient of A, fp32; null when the adapter is frozen.</param>
/// <param name="Parts">The adapted parts, in the order of A.</param>
/// <param name="Scale">alpha / rank.</param>
public sealed record LoraDelta(Tensor A, Tensor? DA, ImmutableArray<LoraPart> Parts, long Rank, double Scale)
{
    /// <param name="x">[tokens, inputs].</param>
    /// <param name="y">[tokens, outputs of all parts], added to.</param>
    public void AddTo(Tensor y, Tensor x)
    {
        using var scope = NewDisposeScope();
        var low = F.linear(x, A).mul_(Scalars.Kept(Scale)); // [tokens, adapted parts * rank]
        for (var i = 0; i < Parts.Length; i++)
            y.narrow(1, Parts[i].First, Parts[i].Outputs).add_(F.linear(low.narrow(1, Rank * i, Rank), Parts[i].B));
    }

    /// <summary>Adds the gradients of A and B, and what the adapter gives to that of its input.</summary>
    /// <param name="dx">[tokens, inputs], added to; null where nobody asks for it.</param>
    public void Backward(Tensor x, Tensor dy, Tensor? dx)
    {
        using var scope = NewDisposeScope();
        var low = F.linear(x, A).mul_(Scalars.Kept(Scale));
        var dLow = empty_like(low);
        for (var i = 0; i < Parts.Length; i++)
        {
            var dPart = dy.narrow(1, Parts[i].First, Parts[i].Outputs);
            if (Parts[i].DB is { } dB) Gradients.AddProduct(dB, dPart, low.narrow(1, Rank * i, Rank));
            dLow.narrow(1, Rank * i, Rank).copy_(dPart.matmul(Parts[i].B));
        }
        dLow.mul_(Scalars.Kept(Scale));
        if (DA is not null) Gradients.AddProduct(DA, dLow, x);
        dx?.add_(dLow.matmul(A));
    }
}

/// <summary>One adapted part of a fused linear.</summary>
/// <param name="First">Its first output among those of the linear.</param>
/// <param name="B">[outputs, rank].</param>
/// <param name="DB">Gradient of B, fp32; null when the adapter is frozen.</param>
public sealed record LoraPart(long First, long Outputs, Tensor B, Tensor? DB);
