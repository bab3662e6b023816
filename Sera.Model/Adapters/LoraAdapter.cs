using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Adapters;

/// <summary>
/// A low-rank adapter (arXiv 2106.09685) over the linears of a policy. Its A and B lie in one flat buffer, under the key names of PEFT
/// files. Owns its parameters.
/// </summary>
public sealed class LoraAdapter : IDisposable
{
    private readonly Dictionary<(int Layer, string Block), LoraDelta> _deltas = [];

    /// <param name="parameters">Laid out by <see cref="LayoutOf"/>, frozen or trainable; owned from now on.</param>
    public LoraAdapter(LlamaConfig config, LoraOptions options, FlatParameters parameters)
    {
        (Options, Parameters) = (options, parameters);
        var scale = options.Scale;
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var (block, _, parts) in LlamaLayout.Linears(config))
            {
                if (!parts.Any(p => options.Targets.Contains(p.Projection))) continue;
                var adapted = ImmutableArray.CreateBuilder<LoraPart>();
                var first = 0L;
                foreach (var part in parts)
                {
                    var key = KeyB(LlamaLayout.Module(config, layer, part.Path));
                    if (options.Targets.Contains(part.Projection)) adapted.Add(new LoraPart(first, part.Outputs, parameters.Block(key), parameters.GradientOf(key)));
                    first += part.Outputs;
                }
                var a = BlockA(layer, block);
                _deltas[(layer, block)] = new LoraDelta(parameters.Block(a), parameters.GradientOf(a), adapted.ToImmutable(), options.Rank, scale);
            }
        }
    }

    public LoraOptions Options { get; }

    public FlatParameters Parameters { get; }

    /// <summary>What is added to a fused linear; null where none of its parts is adapted.</summary>
    public LoraDelta? Delta(int layer, string block) => _deltas.GetValueOrDefault((layer, block));

    /// <param name="module">Path of a projection, as in <see cref="LlamaLayout.Module"/>.</param>
    public static string KeyA(string module) => $"base_model.model.{module}.lora_A.weight";

    /// <inheritdoc cref="KeyA(string)"/>
    public static string KeyB(string module) => $"base_model.model.{module}.lora_B.weight";

    /// <summary>Where A and B of every adapted projection lie; the A of projections computed together are one block.</summary>
    public static ParameterLayout LayoutOf(LlamaConfig config, LoraOptions options) => BuilderOf(config, options).Build();

    /// <summary>The same with the row of scores of a reward model, which is trained beside the adapter.</summary>
    internal static ParameterLayout LayoutOfReward(LlamaConfig config, LoraOptions options) =>
        BuilderOf(config, options).Matrix(LlamaLayout.Score, (LlamaLayout.Score, [1, config.HiddenSize])).Build();

    private static ParameterLayout.Builder BuilderOf(LlamaConfig config, LoraOptions options)
    {
        var layout = new ParameterLayout.Builder();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var (block, inputs, parts) in LlamaLayout.Linears(config))
            {
                var adapted = parts.Where(p => options.Targets.Contains(p.Projection)).ToArray();
                if (adapted.Length == 0) continue;
                layout.Matrix(BlockA(layer, block), [.. adapted.Select(p => (KeyA(LlamaLayout.Module(config, layer, p.Path)), new long[] { options.Rank, inputs }))]);
                foreach (var part in adapted)
                {
                    var key = KeyB(LlamaLayout.Module(config, layer, part.Path));
                    layout.Matrix(key, (key, [part.Outputs, options.Rank])).Stored(key, part.RowForm);
                }
            }
        }
        return layout;
    }

    /// <summary>A fresh adapter that changes nothing yet: A Kaiming-uniform with a = sqrt(5), that is U(-1/sqrt(inputs), 1/sqrt(inputs)), B zero.</summary>
    /// <returns>[layout length], fp32; the caller owns it.</returns>
    public static Tensor Initial(ParameterLayout layout, ulong seed, Device device)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        var flat = zeros(layout.Length);
        foreach (var parameter in layout.Parameters.Where(p => p.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal)))
        {
            var bound = 1 / Math.Sqrt(parameter.Shape[1]);
            flat.narrow(0, parameter.Offset, parameter.Count).copy_(rand(parameter.Count, generator: generator).mul(Scalars.Kept(2 * bound)).sub(Scalars.Kept(bound)));
        }
        return flat.to(device).MoveToOuterDisposeScope();
    }

    public void Dispose() => Parameters.Dispose();

    private static string BlockA(int layer, string block) => $"{LlamaLayout.Block(layer, block)}.lora_A";
}
