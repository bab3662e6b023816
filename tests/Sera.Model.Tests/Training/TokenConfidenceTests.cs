using System.Text.Json;
using Sera.Model.Alignment;
using Sera.Model.Tests.Alignment;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Training;

public sealed class TokenConfidenceTests
{
    [SharedFact]
    public void Weights_match_the_vectors_of_WPO()
    {
        var vectors = LossVectors.Named("wpo_weight");
        Assert.Equal(3, vectors.Count);
        foreach (var vector in vectors)
        {
            var (inputs, expected) = (vector.GetProperty("inputs"), vector.GetProperty("expected"));
            var (chosen, rejected) = (Mean(inputs, "chosen"), Mean(inputs, "rejected"));
            Assert.Equal(expected.GetProperty("w_chosen").GetDouble(), Math.Exp(chosen), 5);
            Assert.Equal(expected.GetProperty("w_rejected").GetDouble(), Math.Exp(rejected), 5);
            Assert.Equal(expected.GetProperty("official_weight_clamped").GetDouble(), TokenConfidence.Weight(chosen, rejected), 5);
        }

        static float Mean(JsonElement inputs, string side)
        {
            using var scope = NewDisposeScope();
            var rows = inputs.GetProperty(side + "_logits").EnumerateArray().Select(LossVectors.Numbers).ToArray();
            var logits = tensor(rows.SelectMany(r => r).Select(x => (float)x).ToArray()).view(rows.Length, -1);
            var labels = tensor(LossVectors.Numbers(inputs.GetProperty(side + "_labels")).Select(x => (long)x).ToArray());
            var sums = logits.logsumexp(1);
            return TokenConfidence.Of(logits, logits.gather(1, labels.unsqueeze(1)).squeeze(1) - sums, sums).Average();
        }
    }

    /// <summary>The weight is a constant of the gradient: one pair's gradient is its own gradient times the weight.</summary>
    [Fact]
    public void A_pair_counts_as_much_as_it_is_likely()
    {
        var pairs = GoldenTraining.RandomPairs(1, 8);
        using var plain = GoldenTraining.Full();
        using var weighted = GoldenTraining.Full();
        var loss = new PreferenceGradient(new LossOptions("dpo", 0.1, 0)).Add(plain, pairs, 4096).Finite.Single().Loss;
        var less = new PreferenceGradient(new LossOptions("dpo", 0.1, 0, Weighting: LossOptions.Wpo)).Add(weighted, pairs, 4096).Finite.Single().Loss;
        using var scope = NewDisposeScope();
        Assert.InRange(less / loss, 0.001, 0.999);
        var worst = (plain.Trained.Gradient! * (float)(less / loss) - weighted.Trained.Gradient!).abs().max().item<float>();
        Assert.True(worst <= 1e-6, $"off by {worst}");
    }

    [Fact]
    public void Micro_batches_do_not_matter_to_it()
    {
        var (pairs, options) = (GoldenTraining.RandomPairs(6, 5), new LossOptions("simpo", 2, 0.5, Weighting: LossOptions.Wpo));
        using var whole = GoldenTraining.Full();
        using var pieces = GoldenTraining.Full();
        new PreferenceGradient(options).Add(whole, pairs, 100_000);
        new PreferenceGradient(options).Add(pieces, pairs, 1);
        using var scope = NewDisposeScope();
        Assert.True((whole.Trained.Gradient! - pieces.Trained.Gradient!).abs().max().item<float>() <= 1e-6);
        Assert.True(whole.Trained.Gradient!.abs().max().item<float>() > 1e-4);
    }
}
