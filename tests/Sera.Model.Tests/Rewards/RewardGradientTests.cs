using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Rewards;
using Sera.Model.Scoring;
using Sera.Model.Tests.Training;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Rewards;

public sealed class RewardGradientTests
{
    public static TheoryData<string, bool> Modes => new() { { "full", true }, { "full", false }, { "lora", true }, { "head", true }, { "head", false } };

    /// <summary>Along the gradient itself and along a random direction: how the loss changes, by moving all that is trained.</summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public void The_gradient_is_how_the_loss_changes(string mode, bool everywhere)
    {
        using var policy = Open(mode);
        var pairs = Pairs(6, 5);
        RewardGradient.Add(policy, pairs, everywhere, 100_000);
        using var gradient = policy.Trained.Gradient!.clone();
        using var random = Direction(gradient.shape[0]);
        Assert.True(gradient.norm().item<float>() > 1e-3);
        foreach (var direction in new[] { gradient.div(gradient.norm()), random })
        {
            using (direction)
            {
                var expected = (gradient * direction).sum().item<float>();
                const float step = 2e-3f;
                var (up, down) = (LossAt(policy, pairs, everywhere, direction, step), LossAt(policy, pairs, everywhere, direction, -step));
                Assert.Equal(expected, (up - down) / (2 * step), 2e-3 * Math.Max(0.5, Math.Abs(expected)));
            }
        }
    }

    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("head")]
    public void One_micro_batch_of_six_equals_six_of_one(string mode)
    {
        using var whole = Open(mode);
        using var pieces = Open(mode);
        var pairs = Pairs(6, 8);
        var one = RewardGradient.Add(whole, pairs, true, 100_000);
        var six = RewardGradient.Add(pieces, pairs, true, 1);
        Assert.Equal(one.Loss, six.Loss, 5);
        using var scope = NewDisposeScope();
        Assert.True((whole.Trained.Gradient! - pieces.Trained.Gradient!).abs().max().item<float>() <= 1e-6);
    }

    [Fact]
    public void All_reward_models_of_a_policy_begin_with_rewards_of_zero()
    {
        using var policy = RewardStart.Open(GoldenTraining.Start(), Options("full"));
        Assert.Equal(Math.Log(2), RewardGradient.Add(policy, [.. Pairs(4, 2).Select(p => p with { Bound = null })], true, 4096).Loss, 6);
    }

    [Fact]
    public void Rewards_are_the_states_after_the_tokens_times_the_scores_whatever_is_packed_together()
    {
        using var policy = Open("full");
        ImmutableArray<TokenGroup> groups = [.. Pairs(8, 3).Select(p => new TokenGroup(p.Id, p.PromptTokens, [p.ChosenTokens, p.RejectedTokens]))];
        foreach (var budget in (int[])[1, 30, 4096])
        {
            using var work = new RewardScoringWork(policy.Model, groups, budget);
            while (work.Advance())
            {
            }
            foreach (var (group, scored) in groups.Zip(work.Result))
            {
                Assert.Empty(scored.Logps);
                for (var k = 0; k < 2; k++) Assert.Equal(Alone(policy, group.Prompt, group.Responses[k]), scored.Rewards!.Value[k], 1e-5f);
            }
        }
    }

    /// <summary>A single sequence, whose last state is taken by hand.</summary>
    private static float Alone(TrainablePolicy policy, ImmutableArray<int> prompt, ImmutableArray<int> response)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // A token behind the response makes the response's last one a state that predicts something.
        var states = SequenceLogps.ResponseStates(policy.Model, new TokenBatch([new TokenGroup("x", prompt, [response.Add(3)])]));
        return (states[-1] * policy.Trained.Block(LlamaLayout.Score)[0]).sum().item<float>();
    }

    private static float LossAt(TrainablePolicy policy, RewardPair[] pairs, bool everywhere, Tensor direction, float step)
    {
        using var noGrad = no_grad();
        policy.Trained.Flat.add_(direction, alpha: step);
        policy.Trained.Gradient!.zero_();
        var loss = RewardGradient.Add(policy, pairs, everywhere, 100_000).Loss;
        policy.Trained.Flat.add_(direction, alpha: -step);
        return (float)loss;
    }

    private static Tensor Direction(long count)
    {
        using var generator = new Generator(4);
        using var drawn = randn(count, generator: generator);
        return drawn.div(drawn.norm());
    }

    /// <summary>With scores that are not zero, so that there is something to go back to.</summary>
    private static TrainablePolicy Open(string mode)
    {
        var policy = RewardStart.Open(GoldenTraining.Start(), Options(mode));
        using var noGrad = no_grad();
        using var generator = new Generator(6);
        using var drawn = randn(policy.Trained.Flat.shape[0], generator: generator);
        // In an adapter B too, whose zeros would leave A without a slope.
        foreach (var parameter in policy.Trained.Layout.Parameters.Where(p => p.Name == LlamaLayout.Score || p.Name.Contains("lora_B")))
            policy.Trained.Flat.narrow(0, parameter.Offset, parameter.Count).copy_(drawn.narrow(0, parameter.Offset, parameter.Count) * 0.3);
        return policy;
    }

    private static RewardModelOptions Options(string mode) => new(
        new TrainingOptions(mode == "lora" ? new LoraOptions(2, 4, ["q_proj", "down_proj"]) : null, 1, 1e-2, 0, 0, 1, 4, 4096, 10), mode == "head", true, 3);

    private static RewardPair[] Pairs(int count, int seed) =>
        [.. GoldenTraining.RandomPairs(count, seed).Select((p, i) => new RewardPair(p.Id, p.PromptTokens, p.ChosenTokens, p.RejectedTokens, i % 2 == 0 ? 1.5 : null))];
}
