using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Generation;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Alignment;
using Sera.Model.Tests.Data;
using Xunit;

namespace Sera.Model.Tests.Generation;

public sealed class LinearAlignmentTests
{
    private static readonly LlamaConfig Config = new(300, 16, 24, 2, 2, 1, 8, 128, 1e-5, 10_000, null, true, 0.3, 1, [2]);
    private static readonly PromptPrefixRow Principle = new("p", [40, 41, 42], 1);

    [SharedFact]
    public void Logits_match_the_vectors()
    {
        var vectors = UtilityVectors.Named("linear_alignment");
        Assert.Equal(2, vectors.Count);
        foreach (var vector in vectors)
        {
            float[] Row(string name) => [.. UtilityVectors.Numbers(vector.GetProperty("inputs").GetProperty(name)).Select(x => (float)x)];
            var into = new float[3];
            LinearAlignment.Combine(Row("logits_with_principle"), Row("logits_plain"), vector.GetProperty("params").GetProperty("ratio").GetDouble(), into);
            var expected = UtilityVectors.Numbers(vector.GetProperty("expected").GetProperty("logits"));
            Assert.All(expected.Zip(into), pair => Assert.Equal(pair.First, pair.Second, 5));
        }
    }

    /// <summary>At strength 0 the principle is just part of the prompt; beyond, each token follows from both prompts with what was drawn before.</summary>
    [Fact]
    public void Greedy_answers_are_those_of_the_two_prompts_decoded_alone()
    {
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(Config), LlamaWeights.Random(Config, 5));
        using var model = new LlamaModel(Config, parameters);
        ImmutableArray<TokenPrompt> plain = [new("a", [1, 7, 8, 9]), new("b", [1, 20]), new("c", [1, 30, 31])];
        var request = new GenerationRequest(
            [.. plain.Select(p => p with { Tokens = Principle.Before(p.Tokens) })], 2, new SamplingOptions(0, 1, 0, 12, []), 3, 4);
        var usual = Run(new GenerationWork(model, new ByteTokenizer(), request));
        Assert.Equal(usual, Run(GenerationWork.Aligned(model, new ByteTokenizer(), request, Principle, 0)));
        var aligned = Run(GenerationWork.Aligned(model, new ByteTokenizer(), request, Principle, 3));
        Assert.NotEqual(usual, aligned);
        Assert.Equal(plain.SelectMany(p => Enumerable.Repeat(string.Join(' ', Alone(model, p.Tokens, 3, 12)), 2)), aligned);
    }

    private static string[] Run(GenerationWork work)
    {
        using (work)
        {
            while (work.Advance())
            {
            }
            return [.. work.Result.SelectMany(p => p.Rollouts).Select(r => string.Join(' ', r.Tokens))];
        }
    }

    /// <summary>One token after the other, each from two whole prompts.</summary>
    private static List<int> Alone(LlamaModel model, ImmutableArray<int> prompt, double strength, int most)
    {
        var tokens = new List<int>();
        while (tokens.Count < most && (tokens.Count == 0 || tokens[^1] != 2))
        {
            var (with, without) = (Last(model, [.. Principle.Before(prompt), .. tokens]), Last(model, [.. prompt, .. tokens]));
            var into = new float[with.Length];
            LinearAlignment.Combine(with, without, strength, into);
            var drawable = into.AsSpan(0, Math.Min(into.Length, new ByteTokenizer().VocabularySize));
            tokens.Add(drawable.IndexOf(drawable.ToArray().Max()));
        }
        return tokens;
    }

    private static float[] Last(LlamaModel model, ImmutableArray<int> tokens)
    {
        var found = Array.Empty<float>();
        using var decoder = Decoders.For(model, 1);
        decoder.Admit([(tokens, 1)], (_, _, logits) => found = logits.ToArray());
        return found;
    }
}
