using System.Collections.Immutable;
using Sera.Model.Models;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Adapters;

/// <summary>What an adapter adds to one fused linear: scale * B A x for each adapted part, zeros for the parts left alone.</summary>
/// <param name="A">[adapted parts * rank, inputs], the parts' A stacked.</param>
/// <param name="Parts">Outputs of each stacked part of the linear and its B, [outputs, rank]; null where the part is not adapted.</param>
/// <param name="Scale">alpha / rank.</param>
public sealed record LoraDelta(Tensor A, ImmutableArray<(long Outputs, Tensor? B)> Parts, long Rank, double Scale)
{
    /// <param name="x">[batch, time, inputs].</param>
    /// <returns>[batch, time, outputs of all parts], owned by the current scope.</returns>
    public Tensor Apply(Tensor x)
    {
        var low = F.linear(x, A).mul(Scalars.Kept(Scale)); // [batch, time, adapted parts * rank]
        var deltas = new Tensor[Parts.Length];
        long adapted = 0;
        for (var i = 0; i < Parts.Length; i++)
        {
            var (outputs, b) = Parts[i];
            deltas[i] = b is null
                ? zeros([x.shape[0], x.shape[1], outputs], low.dtype, low.device)
                : F.linear(low.narrow(-1, Rank * adapted++, Rank), b);
        }
        return deltas.Length == 1 ? deltas[0] : cat(deltas, -1);
    }
}
