using System.Collections.Immutable;
using Sera.Model.Kernels;

namespace Sera.Model.Models.Llama;

/// <summary>
/// Shape and constants of a policy of the Llama family (Llama 2 and 3, TinyLlama, SmolLM2 and 3, Mistral, Qwen2, Qwen2.5, Qwen3 and Phi-3) or of one
/// that differs from it by what is said here (Gemma, GPT-NeoX, GPT-2), every field resolved.
/// </summary>
/// <param name="Context">Longest sequence in tokens.</param>
/// <param name="Heads">Query heads; a multiple of <paramref name="KvHeads"/>.</param>
/// <param name="EosIds">Ids that end a text; may be empty.</param>
/// <param name="InitializerRange">Standard deviation of freshly drawn matrices.</param>
public sealed record LlamaConfig(
    int VocabularySize,
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int Heads,
    int KvHeads,
    int HeadSize,
    int Context,
    double NormEps,
    double RopeTheta,
    RopeScaling? RopeScaling,
    bool TiedEmbeddings,
    double InitializerRange,
    int? BosId,
    ImmutableArray<int> EosIds)
{
    private readonly int? _rotarySize;
    private readonly double? _attentionScale;

    /// <summary>Whether the projections of queries, keys and values add a vector (Qwen2).</summary>
    public bool QkvBias { get; init; }

    /// <summary>Whether the projection behind the attention adds one.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the three projections of the feed-forward block add one.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether every head of queries and keys is normalized before it is turned (Qwen3, Gemma 3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>Layers whose heads are not turned by position (SmolLM3).</summary>
    public ImmutableArray<int> UnturnedLayers { get; init; } = [];

    /// <summary>Whether files hold queries, keys and values as one matrix, and gate and up as one (Phi-3).</summary>
    public bool FusedProjections { get; init; }

    /// <summary>Whose names its checkpoints have.</summary>
    public Spelling Spelling { get; init; }

    /// <summary>Whether norms take the mean out and add a vector (LayerNorm); those of a Llama do not (RMSNorm).</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Whether the feed-forward block reads the stream as the attention does, beside it and not behind it (GPT-NeoX).</summary>
    public bool ParallelResidual { get; init; }

    public Activation Activation { get; init; }

    /// <summary>Numbers at the beginning of each head of queries and keys that are turned by position; all of them where nothing else is said, 0 where positions are not told so.</summary>
    public int RotarySize { get => _rotarySize ?? HeadSize; init => _rotarySize = value; }

    /// <summary>Whether a learned vector of its position is added to that of each token (GPT-2).</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Whether norms, those of heads too, multiply by one more than their numbers (Gemma).</summary>
    public bool NormsAddOne { get; init; }

    /// <summary>Whether what each of the two blocks gives is normalized before it is added to the stream (Gemma 2 and 3).</summary>
    public bool PostNorms { get; init; }

    /// <summary>What embeddings are multiplied by.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>What the products of queries and keys are multiplied by; 1 / sqrt(head size) where nothing else is said.</summary>
    public double AttentionScale { get => _attentionScale ?? 1 / Math.Sqrt(HeadSize); init => _attentionScale = value; }

    /// <summary>What scores of the attention do not exceed: cap tanh(score / cap); 0 for no cap (Gemma 2).</summary>
    public double AttentionCap { get; init; }

    /// <summary>The same of logits.</summary>
    public double LogitCap { get; init; }

    /// <summary>Tokens that a token sees in the layers that slide, its own and those just before it; null where it sees all before it.</summary>
    public int? Window { get; init; }

    /// <summary>Layers that slide: those of the window.</summary>
    public ImmutableArray<int> SlidingLayers { get; init; } = [];

    /// <summary>Base of the angles in layers that slide, which are not stretched; null where they are those of the others (Gemma 3).</summary>
    public double? SlidingRopeTheta { get; init; }

    /// <summary>Outputs of the first product of the feed-forward block.</summary>
    public int InnerSize => Activation.IsGated() ? 2 * IntermediateSize : IntermediateSize;

    public bool Slides(int layer) => SlidingLayers.Contains(layer);

    public int QuerySize => Heads * HeadSize;

    public int KeySize => KvHeads * HeadSize;
}
