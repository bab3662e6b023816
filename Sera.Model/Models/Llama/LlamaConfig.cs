using System.Collections.Immutable;

namespace Sera.Model.Models.Llama;

/// <summary>
/// Shape and constants of a policy of the Llama family (Llama 2 and 3, TinyLlama, SmolLM2 and 3, Mistral, Qwen2, Qwen2.5, Qwen3 and Phi-3), every field resolved.
/// </summary>
/// <param name="Context">Longest sequence in tokens: max_position_embeddings, or the sliding window where that is shorter.</param>
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
    /// <summary>Whether the projections of queries, keys and values add a vector (Qwen2).</summary>
    public bool QkvBias { get; init; }

    /// <summary>Whether the projection behind the attention adds one.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Whether the three projections of the feed-forward block add one.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Whether every head of queries and keys is normalized before it is turned (Qwen3).</summary>
    public bool QkNorm { get; init; }

    /// <summary>Layers whose heads are not turned by position (SmolLM3).</summary>
    public ImmutableArray<int> UnturnedLayers { get; init; } = [];

    /// <summary>Whether files hold queries, keys and values as one matrix, and gate and up as one (Phi-3).</summary>
    public bool FusedProjections { get; init; }

    public int QuerySize => Heads * HeadSize;

    public int KeySize => KvHeads * HeadSize;
}
