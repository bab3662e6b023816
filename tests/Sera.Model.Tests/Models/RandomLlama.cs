using CsCheck;
using Sera.Model.Kernels;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

/// <summary>Random members of the families, in the spelling of a Llama.</summary>
internal static class RandomLlama
{
    /// <summary>A config with some of the variants that members of the family have.</summary>
    public static Gen<LlamaConfig> Variant(LlamaConfig config) =>
        from qkv in Gen.Bool
        from output in Gen.Bool
        from mlp in Gen.Bool
        from norm in Gen.Bool
        from unturned in Gen.Bool
        from yarn in Gen.Bool
        from gpt in Gen.Bool
        from parallel in Gen.Bool
        from positions in Gen.Bool
        from activation in Gen.Enum<Activation>()
        from turned in Gen.Int[0, config.HeadSize / 2]
        from addOne in Gen.Bool
        from post in Gen.Bool
        from capped in Gen.Bool
        from window in Gen.Int[1, 60]
        from sliding in Gen.Int[0, (1 << config.Layers) - 1]
        from apart in Gen.Bool
        select config with
        {
            QkvBias = qkv,
            OutputBias = output,
            MlpBias = mlp,
            QkNorm = norm,
            UnturnedLayers = unturned ? [0] : [],
            RopeScaling = yarn ? new RopeScaling(RopeScalingKind.Yarn, 4, 1, 32, 32, 1.1386) : null,
            LayerNorm = gpt,
            ParallelResidual = gpt && parallel,
            LearnedPositions = gpt && positions,
            Activation = gpt || activation.IsGated() ? activation : Activation.GatedSilu,
            RotarySize = gpt ? 2 * turned : config.HeadSize,
            NormsAddOne = !gpt && addOne,
            PostNorms = !gpt && post,
            EmbeddingScale = addOne ? 1.75 : 1,
            AttentionScale = post ? 0.4 : 1 / Math.Sqrt(config.HeadSize),
            AttentionCap = capped ? 3 : 0,
            LogitCap = capped ? 2 : 0,
            Window = sliding > 0 ? window : null,
            SlidingLayers = [.. Enumerable.Range(0, config.Layers).Where(layer => (sliding >> layer & 1) == 1)],
            SlidingRopeTheta = apart ? 500 : null,
        };

    /// <summary>Freshly drawn, and vectors drawn too, so that none is without effect.</summary>
    /// <param name="scale">Of the matrices. Vectors stay near one: heads normalized to several times that have attentions too sharp to compare gradients of.</param>
    public static Tensor Weights(LlamaConfig config, ulong seed, double scale = 1)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var flat = LlamaWeights.Random(config, seed);
        var layout = LlamaLayout.Of(config);
        flat.narrow(0, 0, layout.MatrixLength).mul_(Scalars.Kept(scale));
        foreach (var parameter in layout.Parameters.Where(p => p.Shape.Length == 1))
            flat.narrow(0, parameter.Offset, parameter.Count).add_(randn(parameter.Count, generator: new Generator(seed + (ulong)parameter.Offset)).mul(Scalars.Kept(0.2)));
        return flat.MoveToOuterDisposeScope();
    }
}
