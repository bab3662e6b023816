using System.Collections.Immutable;

namespace Sera.Model.Models.Llama;

/// <summary>
/// Shape and constants of a policy of the Llama family (Llama 2 and 3, TinyLlama, SmolLM2, Mistral), every field resolved.
/// </summary>
/// <param name="Context">Longest sequence in tokens: max_position_embeddings, or Mistral's sliding window where that is shorter.</param>
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
    public int QuerySize => Heads * HeadSize;

    public int KeySize => KvHeads * HeadSize;
}
