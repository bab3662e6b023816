using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;

namespace Sera.Benchmarks.Policies;

/// <summary>What the model benchmarks compute: policies by shape, with random weights, and sequences by seed.</summary>
internal static class Shapes
{
    public static IReadOnlyList<string> Names { get; } = ["stories260K", "S1", "S2"];

    /// <summary>S1: 15 M parameters. S2: the shape of SmolLM2-135M. The embedding is the output matrix in all of them.</summary>
    public static LlamaConfig Of(string name) => name switch
    {
        "stories260K" => Config(512, 64, 172, 5, 8, 4),
        "S1" => Config(32_000, 288, 768, 6, 6, 6),
        "S2" => Config(49_152, 576, 1536, 30, 9, 3),
        _ => throw new InputException("--shapes", $"'{name}'", string.Join(", ", Names), "choose one of these"),
    };

    /// <summary>Prompts of 128 tokens, each with responses of 32 to 128.</summary>
    public static ImmutableArray<TokenGroup> Groups(LlamaConfig config, int count, int responses, ulong seed)
    {
        var random = new SeededRandom(seed);
        ImmutableArray<int> Ids(int length) => [.. Enumerable.Range(0, length).Select(_ => 3 + (int)(random.NextDouble() * (config.VocabularySize - 3)))];
        return [.. Enumerable.Range(0, count).Select(i => new TokenGroup(
            $"g{i}", Ids(128), [.. Enumerable.Range(0, responses).Select(_ => Ids(32 + (int)(random.NextDouble() * 97)))]))];
    }

    private static LlamaConfig Config(int vocabulary, int hidden, int intermediate, int layers, int heads, int kvHeads) => new(
        vocabulary, hidden, intermediate, layers, heads, kvHeads, hidden / heads, 1024, 1e-5, 10_000, null, true, 0.02, 1, [2]);
}
