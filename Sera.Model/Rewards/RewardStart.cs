using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Training;
using static TorchSharp.torch;

namespace Sera.Model.Rewards;

/// <summary>
/// A policy as the beginning of a reward model: its body, and in place of the output matrix a row of scores that is zero, so that all reward models of one policy
/// begin alike and can be averaged.
/// </summary>
internal static class RewardStart
{
    /// <summary>What has the row of scores among its trained parameters, and beside it the whole body, an adapter over it, or nothing.</summary>
    /// <param name="start">Of full weights; owned from now on.</param>
    public static TrainablePolicy Open(StartingPolicy start, RewardModelOptions options)
    {
        try
        {
            using var noGrad = no_grad();
            var (config, device, recompute) = (start.Config, start.Parameters.Flat.device, options.Training.Recompute);
            if (options.HeadOnly)
            {
                var layout = new ParameterLayout.Builder().Matrix(LlamaLayout.Score, (LlamaLayout.Score, [1, config.HiddenSize])).Build();
                return TrainablePolicy.Of(new LlamaModel(config, start.Parameters), FlatParameters.Trainable(layout, zeros(layout.Length, float32, device)), start, recompute);
            }
            if (options.Training.Lora is { } lora)
            {
                var layout = LoraAdapter.LayoutOfReward(config, lora);
                var trained = FlatParameters.Trainable(layout, LoraAdapter.Initial(layout, SeedTree.Child(options.Seed, "adapter"), device));
                return TrainablePolicy.Of(new LlamaModel(config, start.Parameters, new LoraAdapter(config, lora, trained)), trained, start, recompute);
            }
            var parameters = FlatParameters.Trainable(LlamaLayout.OfReward(config), Body(start.Parameters, config));
            start.Dispose();
            return TrainablePolicy.Of(new LlamaModel(Configure(config), parameters), parameters, null, recompute);
        }
        catch
        {
            start.Dispose();
            throw;
        }
    }

    /// <summary>The config under which a model has no output matrix of its own.</summary>
    public static LlamaConfig Configure(LlamaConfig config) => config with { TiedEmbeddings = true };

    /// <summary>All parameters of the reward model, adapters merged.</summary>
    /// <returns>[LlamaLayout.OfReward(config).Length] fp32; the caller owns it.</returns>
    public static Tensor Whole(TrainablePolicy policy, LlamaConfig config)
    {
        using var noGrad = no_grad();
        if (policy.Model.Parameters == policy.Trained) return policy.Trained.Flat.clone();
        var whole = Body(policy.Model.Parameters, config);
        foreach (var parameter in LlamaLayout.OfReward(config).Parameters)
        {
            using var target = whole.narrow(0, parameter.Offset, parameter.Count);
            if (parameter.Name == LlamaLayout.Score) target.copy_(policy.Trained[LlamaLayout.Score].view(-1));
            else if (policy.Model.Adapter is { } adapter) LoraMerge.AddTo(target, parameter.Name, adapter);
        }
        return whole;
    }

    /// <returns>[LlamaLayout.OfReward(config).Length] with scores of zero; the caller owns it.</returns>
    private static Tensor Body(FlatParameters policy, LlamaConfig config)
    {
        using var scope = NewDisposeScope();
        var layout = LlamaLayout.OfReward(config);
        var flat = zeros(layout.Length, float32, policy.Flat.device);
        foreach (var parameter in layout.Parameters.Where(p => p.Name != LlamaLayout.Score))
            flat.narrow(0, parameter.Offset, parameter.Count).copy_(policy[parameter.Name].view(-1));
        return flat.MoveToOuterDisposeScope();
    }
}
