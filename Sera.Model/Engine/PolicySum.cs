using System.Runtime.InteropServices;
using Sera.Model.Data;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Engine;

/// <summary>A policy whose parameters are weighted sums of those of others (see <see cref="WeightSum"/>).</summary>
public static class PolicySum
{
    private const int ChunkElements = 1 << 22;

    /// <summary>Read parameter by parameter: beside the result, one parameter in double is in memory.</summary>
    /// <returns>[LlamaLayout.Of(config).Length], fp32, on the CPU; the caller owns it.</returns>
    /// <exception cref="InputException">A sum is not finite, or a policy cannot be read.</exception>
    public static Tensor Of(LlamaConfig config, IReadOnlyList<(PolicyWeights Weights, double Factor)> terms) => Of(LlamaLayout.Of(config), terms);

    /// <summary>The same of other parameters than those of a policy.</summary>
    /// <param name="layout">Of the parameters of all of them.</param>
    public static Tensor Of(ParameterLayout layout, IReadOnlyList<(PolicyWeights Weights, double Factor)> terms)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var flat = zeros(layout.Length, float32);
        foreach (var parameter in layout.Parameters)
        {
            using var inner = NewDisposeScope();
            var target = flat.narrow(0, parameter.Offset, parameter.Count);
            var sum = zeros(parameter.Count, float64);
            foreach (var (weights, factor) in terms)
            {
                weights.Read(parameter, target);
                Chunks(sum, target, (s, t) =>
                {
                    WeightSum.Add(s, t, factor);
                    return true;
                });
            }
            if (!Chunks(sum, target, (s, t) => WeightSum.Round(s, t)))
                throw new InputException(parameter.Name, "a weight that is not finite", "finite numbers", "go less far from the policies that are mixed");
        }
        return flat.MoveToOuterDisposeScope();
    }

    private delegate bool Step(Span<double> sum, Span<float> weights);

    /// <summary>Piece by piece, since a span ends at 2 GiB. Whether every step said so.</summary>
    private static bool Chunks(Tensor sum, Tensor weights, Step step)
    {
        var all = true;
        for (long at = 0; at < sum.shape[0]; at += ChunkElements)
        {
            var count = Math.Min(ChunkElements, sum.shape[0] - at);
            using var sums = sum.narrow(0, at, count);
            using var values = weights.narrow(0, at, count);
            all &= step(MemoryMarshal.Cast<byte, double>(sums.bytes), MemoryMarshal.Cast<byte, float>(values.bytes));
        }
        return all;
    }
}
