using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Kernels;

namespace Sera.Model.Models.Llama;

/// <summary>
/// Memory that work with a policy holds at once, in bytes, by its shape: parameters and what is kept beside them, as the code here keeps it. What a process takes
/// by itself, some 200 MiB, is not in it, nor what an allocator rounds up.
/// </summary>
public sealed class LlamaMemory(LlamaConfig config)
{
    /// <summary>Queries whose attention is computed at once, as <see cref="SegmentBuilder"/> cuts them.</summary>
    private const long Queries = 256;

    private readonly long _parameters = LlamaLayout.Of(config).Length;

    /// <summary>Without alignment gaps.</summary>
    public long ParameterCount { get; } = LlamaLayout.Of(config).ParameterCount;

    public long Weights(Precision precision) => _parameters * Size(precision);

    /// <summary>Log-probabilities of some tokens at a time, under one policy.</summary>
    public long Scoring(Precision precision, long tokens) => Weights(precision) + Pass(precision, tokens) + Logits();

    /// <summary>Sequences side by side, each as long as the context allows.</summary>
    public long Generation(Precision precision, long sequences) =>
        Weights(precision) + sequences * config.Context * config.Layers * 2L * config.KeySize * Size(precision) + Math.Max(Logits(), sequences * config.VocabularySize * sizeof(float));

    /// <summary>A trainer: parameters or adapter with gradient and moments, and what a forward and backward over some tokens keeps.</summary>
    /// <param name="lora">null = full fine-tuning.</param>
    /// <param name="recompute">As training.recompute.</param>
    public long Training(Precision precision, long tokens, LoraOptions? lora, bool recompute)
    {
        var size = Size(precision);
        var trained = lora is null ? _parameters : LoraAdapter.LayoutOf(config, lora).Length;
        // Master weights, the gradient of a micro-batch and of the step, and two moments in fp32; beside them what the forward reads, where that is bf16.
        var state = trained * (5L * sizeof(float) + (precision == Precision.F32 ? 0 : size));
        var streams = config.ParallelResidual ? 1L : 2L;
        var tape = tokens * (streams * sizeof(float) * config.HiddenSize + size * (2L * config.QuerySize + 2L * config.KeySize + config.InnerSize)
            + (config.QkNorm ? sizeof(float) * ((long)config.QuerySize + config.KeySize) : 0)
            + (config.PostNorms ? 2L * size * config.HiddenSize : 0));
        var stream = tokens * sizeof(float) * config.HiddenSize;
        var kept = recompute ? config.Layers * stream + tape : config.Layers * tape;
        // On the way back the gradient of the stream, and of one layer what the forward held.
        return (lora is null ? 0 : Weights(precision)) + state + kept + 2 * stream + Pass(precision, tokens) + 2 * Logits();
    }

    /// <summary>What a layer holds at once of some tokens.</summary>
    private long Pass(Precision precision, long tokens)
    {
        var size = Size(precision);
        var perToken = sizeof(float) * (long)config.HiddenSize
            + size * (2L * config.HiddenSize + 2L * config.QuerySize + 2L * config.KeySize + config.InnerSize + config.IntermediateSize);
        return tokens * perToken + config.Heads * Math.Min(Queries, tokens) * Math.Min(tokens, config.Context) * size * (config.AttentionCap > 0 ? 3 : 2);
    }

    private long Logits() => Math.Max(64L * config.VocabularySize, TorchKernels.LogitElements) * sizeof(float);

    private static long Size(Precision precision) => precision == Precision.F32 ? sizeof(float) : sizeof(ushort);
}
