using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Training;

public sealed class PreferenceGradientTests
{
    private static readonly LossOptions Dpo = new("dpo", 0.1, 0);

    [Theory]
    [InlineData(4096)]
    [InlineData(1)]
    public void Gradients_and_three_AdamW_steps_equal_PyTorchs(int microBatchTokens)
    {
        var cases = GoldenTraining.Cases();
        using var expected = SafetensorsFile.Open(Path.Combine(GoldenTraining.Folder, "expected.safetensors"));
        using var policy = GoldenTraining.Full();
        var options = Options(cases.GetProperty("clipNorm").GetDouble(), cases.GetProperty("weightDecay").GetDouble());
        var gradient = new PreferenceGradient(new LossOptions("dpo", cases.GetProperty("beta").GetDouble(), 0));
        var rates = cases.GetProperty("learningRates").EnumerateArray().Select(r => r.GetDouble()).ToArray();
        var pairs = GoldenTraining.Pairs();
        for (var step = 0; step < rates.Length; step++)
        {
            var (finite, nonFinite, _) = gradient.Add(policy, pairs, microBatchTokens);
            Assert.Empty(nonFinite);
            Assert.Equal(cases.GetProperty("losses")[step].GetDouble(), finite.Average(o => o.Loss), 1e-5);
            if (step == 0)
            {
                for (var i = 0; i < pairs.Length; i++)
                    Assert.Equal(cases.GetProperty("pairs")[i].GetProperty("policyChosen").GetDouble(), finite[i].Chosen, 1e-4);
                Compare("grad.", policy.Trained.Gradient!);
            }
            Assert.Equal(cases.GetProperty("gradNorms")[step].GetDouble(), policy.Step(options, rates[step]), 1e-4);
        }
        Compare("after.", policy.Trained.Flat);

        void Compare(string prefix, Tensor flat)
        {
            foreach (var parameter in policy.Trained.Layout.Parameters)
            {
                using var scope = NewDisposeScope();
                var golden = empty([.. parameter.Shape]);
                expected.CopyTo(expected.Expect(prefix + parameter.Name, golden.shape), golden);
                var worst = (flat.narrow(0, parameter.Offset, parameter.Count) - golden.view(-1)).abs().max().item<float>();
                Assert.True(worst <= 1e-4, $"{prefix}{parameter.Name}: off by {worst}");
            }
        }
    }

    [Theory]
    [InlineData("dpo")]
    [InlineData("aot")]
    [InlineData("aot-unpaired")]
    [InlineData("dpo + 0.5 sft")]
    [InlineData("simpo")]
    public void One_micro_batch_of_eight_equals_eight_of_one(string loss)
    {
        var (pairs, options) = (GoldenTraining.RandomPairs(8, 5), new LossOptions(loss, 0.1, 0.5));
        using var whole = GoldenTraining.Full();
        using var pieces = GoldenTraining.Full();
        var (outcome, _, _) = new PreferenceGradient(options).Add(whole, pairs, 100_000);
        var (same, _, _) = new PreferenceGradient(options).Add(pieces, pairs, 1);
        Assert.Equal(outcome.Average(o => o.Loss), same.Average(o => o.Loss), 5);
        using var scope = NewDisposeScope();
        var worst = (whole.Trained.Gradient! - pieces.Trained.Gradient!).abs().max().item<float>();
        Assert.True(worst <= 1e-6, $"off by {worst}");
        Assert.True(whole.Trained.Gradient!.abs().max().item<float>() > 1e-3);
    }

    [Theory]
    [InlineData("aot", null)]
    [InlineData("aot-unpaired", null)]
    [InlineData("dpo", "ld")]
    [InlineData("dpo", "bmc")]
    public void A_loss_of_a_whole_step_or_of_weighted_tokens_has_the_slope_that_its_values_have(string name, string? tokens)
    {
        // A token less likely than 1 / cap weighs 1 + cap, whatever else becomes of it: then the weights of bmc are the constants that they are to its gradient.
        var options = new LossOptions(name, 0.5, 0, TokenWeights: tokens);
        if (tokens == "bmc") options = options.With(LossParameter.BmcCap, 1);
        TrainingPairRow[] pairs = [.. GoldenTraining.RandomPairs(6, 9).Select(p => tokens == "bmc" ? p with { Columns = new PairColumns(ChosenEdits: [0], RejectedEdits: [p.RejectedTokens.Length - 1]) } : p)];
        using var policy = GoldenTraining.Full();
        var gradient = new PreferenceGradient(options);
        var before = gradient.Add(policy, pairs, 1).Finite.Average(o => o.Loss);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var slope = policy.Trained.Gradient!.clone();
        const float step = 2e-4f;
        policy.Trained.Flat.add_(slope, alpha: step);
        policy.Trained.Refresh();
        policy.Trained.Gradient!.zero_();
        var after = gradient.Add(policy, pairs, 1).Finite.Average(o => o.Loss);
        var expected = slope.square().sum().item<float>() * step;
        Assert.InRange((after - before) / expected, 0.9, 1.1);
    }

    [Fact]
    public void Weights_of_tokens_are_in_the_log_probabilities_and_weights_of_one_change_no_bit()
    {
        var pair = GoldenTraining.RandomPairs(1, 3)[0] with { ChosenTokens = [5, 6, 7, 8], RejectedTokens = [9, 10] };
        using var policy = GoldenTraining.Full();
        var plain = new PreferenceGradient(Dpo).Add(policy, [pair], 4096).Finite.Single();
        var gradient = policy.Trained.Gradient!.clone();
        policy.Trained.Gradient!.zero_();
        var ones = new PreferenceGradient((Dpo with { TokenWeights = "ld" }).With(LossParameter.LdAlpha, 1)).Add(policy, [pair], 4096).Finite.Single();
        Assert.Equal((plain.Loss, plain.Chosen, plain.Rejected), (ones.Loss, ones.Chosen, ones.Rejected));
        Assert.Equal(0f, (gradient - policy.Trained.Gradient!).abs().max().item<float>());
        policy.Trained.Gradient!.zero_();
        var half = new PreferenceGradient((Dpo with { TokenWeights = "ld" }).With(LossParameter.LdAlpha, 0)).Add(policy, [pair], 4096).Finite.Single();
        var common = new PreferenceGradient(Dpo).Add(policy, [pair with { ChosenTokens = [5, 6] }], 4096).Finite.Single();
        Assert.Equal(common.Chosen, half.Chosen, 1e-5f);
        Assert.Equal(plain.Rejected, half.Rejected);
    }

    [Fact]
    public void A_finite_loss_with_a_slope_that_is_not_is_named_too()
    {
        var pair = GoldenTraining.RandomPairs(1, 6)[0];
        using var policy = GoldenTraining.Full();
        var logps = new PreferenceGradient(Dpo).Add(policy, [pair], 4096).Finite.Single();
        policy.Trained.Gradient!.zero_();
        // d = -11.7, so that the loss is about exp(0.75 x 117) = 1.3e38 and its slope 7.5 times as much, more than fp32 has.
        var steep = pair with { RefChosen = (float)(logps.Chosen + 11.7), RefRejected = (float)logps.Rejected };
        var loss = new LossOptions("discopop", 10, 0).With(LossParameter.Temperature, 4);
        var (finite, nonFinite, _) = new PreferenceGradient(loss).Add(policy, [steep, pair with { Id = "plain", RefChosen = (float)logps.Chosen, RefRejected = (float)logps.Rejected }], 4096);
        Assert.Equal(pair.Id, Assert.Single(nonFinite).Id);
        Assert.Equal("plain", Assert.Single(finite).Pair.Id);
    }

    [Fact]
    public void A_pair_that_is_not_finite_takes_no_part_in_what_is_sorted_over_a_step()
    {
        var pairs = GoldenTraining.RandomPairs(4, 6);
        using var with = GoldenTraining.Full();
        using var without = GoldenTraining.Full();
        var aot = new PreferenceGradient(new LossOptions("aot-unpaired", 0.1, 0));
        var (finite, nonFinite, _) = aot.Add(with, [pairs[0] with { Id = "bad", RefRejected = float.NaN }, .. pairs], 1);
        Assert.Equal("bad", Assert.Single(nonFinite).Id);
        var (alone, _, _) = aot.Add(without, pairs, 1);
        Assert.Equal(alone.Select(o => o.Loss), finite.Select(o => o.Loss));
    }

    [Fact]
    public void A_pair_that_is_not_finite_adds_nothing_and_is_named()
    {
        var pairs = GoldenTraining.RandomPairs(4, 6);
        using var with = GoldenTraining.Full();
        using var without = GoldenTraining.Full();
        var (finite, nonFinite, _) = new PreferenceGradient(Dpo).Add(with, [.. pairs, pairs[0] with { Id = "bad", RefChosen = float.NaN }], 100_000);
        Assert.Equal("bad", Assert.Single(nonFinite).Id);
        Assert.Equal(4, finite.Length);
        new PreferenceGradient(Dpo).Add(without, pairs, 100_000);
        using var scope = NewDisposeScope();
        // The mean is over five pairs in one and four in the other.
        var worst = (with.Trained.Gradient! * 1.25 - without.Trained.Gradient!).abs().max().item<float>();
        Assert.True(worst <= 1e-6, $"off by {worst}");
    }

    [Fact]
    public void The_trained_policy_of_a_step_does_not_depend_on_the_mode_of_packing()
    {
        // Pairs of very unequal lengths share rows; alone, each has a row of its own width.
        var pairs = GoldenTraining.Pairs();
        using var policy = GoldenTraining.Full();
        var together = new PreferenceGradient(Dpo).Add(policy, pairs, 100_000).Finite;
        foreach (var outcome in together)
        {
            var alone = new PreferenceGradient(Dpo).Add(policy, [outcome.Pair], 100_000).Finite[0];
            Assert.Equal(alone.Chosen, outcome.Chosen, 1e-5);
            Assert.Equal(alone.Rejected, outcome.Rejected, 1e-5);
        }
    }

    internal static TrainingOptions Options(double clip = 1, double decay = 0, LoraOptions? lora = null) => new(lora, 1, 1e-2, 0, decay, clip, 4, 4096, 100);
}
