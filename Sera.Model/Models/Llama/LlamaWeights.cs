using Sera.Model.Checkpoints;
using Sera.Model.Data;
using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>Full weights of a Llama: from files, or freshly drawn.</summary>
public static class LlamaWeights
{
    /// <summary>All parameters as one flat buffer. Names, shapes and dtypes are checked before it is allocated.</summary>
    /// <param name="type">What they are loaded as, fp32 or bf16; no more than that is held, whatever the files hold.</param>
    /// <returns>[LlamaLayout.Of(config).Length], on the CPU; the caller owns it.</returns>
    /// <exception cref="InputException">A tensor is missing, of another shape or dtype, or not part of such a policy.</exception>
    public static Tensor Load(WeightFiles files, LlamaConfig config, ScalarType type = ScalarType.Float32) => LoadAs(LlamaLayout.Of(config), files, config, type);

    /// <inheritdoc cref="Load"/>
    /// <param name="layout">Of the parameters: <see cref="LlamaLayout.Of"/> or <see cref="LlamaLayout.OfReward"/>.</param>
    public static Tensor LoadAs(ParameterLayout layout, WeightFiles files, LlamaConfig config, ScalarType type = ScalarType.Float32)
    {
        var entries = Find(layout, files, config);
        var flat = zeros(layout.Length, type).DetachFromDisposeScope();
        try
        {
            foreach (var (parameter, entry) in entries)
            {
                using var target = flat.narrow(0, parameter.Offset, parameter.Count);
                files.FileOf(parameter).CopyTo(parameter, entry, target);
            }
            return flat;
        }
        catch
        {
            flat.Dispose();
            throw;
        }
    }

    /// <summary>Whether they could be loaded: names, shapes and dtypes, of which the files' headers tell.</summary>
    /// <inheritdoc cref="Load"/>
    public static void Check(WeightFiles files, LlamaConfig config) => Find(LlamaLayout.Of(config), files, config);

    private static (NamedParameter Parameter, SafetensorsEntry Entry)[] Find(ParameterLayout layout, WeightFiles files, LlamaConfig config)
    {
        foreach (var entry in files.Entries)
        {
            if (!layout.TryGet(entry.Name, out _) && !IsHarmless(entry.Name, config))
            {
                throw new InputException(files.FileOf(entry.Name).Path, $"tensor '{entry.Name}'", "the tensors of a policy as its config.json describes it",
                    "check that the weights belong to the config.json beside them");
            }
        }
        return [.. layout.Parameters.Select(p => (p, files.FileOf(p).Expect(p)))];
    }

    /// <summary>Matrices from a normal distribution of the config's standard deviation, norms one, or zero where they add one, what is added zero; the same seed gives the same weights.</summary>
    /// <returns>[LlamaLayout.Of(config).Length], fp32, on the CPU; the caller owns it.</returns>
    public static Tensor Random(LlamaConfig config, ulong seed)
    {
        var layout = LlamaLayout.Of(config);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        var flat = zeros(layout.Length, float32);
        foreach (var parameter in layout.Parameters)
        {
            using var inner = NewDisposeScope();
            var target = flat.narrow(0, parameter.Offset, parameter.Count);
            if (parameter.Name.EndsWith(".bias", StringComparison.Ordinal)) continue;
            if (parameter.Shape.Length > 1) target.copy_(randn(parameter.Count, generator: generator).mul(Scalars.Kept(config.InitializerRange)));
            else if (!config.NormsAddOne) target.fill_(Scalars.One);
        }
        return flat.MoveToOuterDisposeScope();
    }

    // What older checkpoints carry beside the parameters: rotary tables, causal masks, and the output matrix again where it is the embedding.
    private static bool IsHarmless(string name, LlamaConfig config)
    {
        string[] buffers = config.Spelling switch
        {
            Spelling.GptNeoX => [".rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias"],
            Spelling.Gpt2 => [".attn.bias", ".attn.masked_bias"],
            _ => [".rotary_emb.inv_freq"],
        };
        return buffers.Any(buffer => name.EndsWith(buffer, StringComparison.Ordinal))
            || (config.TiedEmbeddings && name == $"{TensorNames.Of(config).Head}.weight");
    }
}
