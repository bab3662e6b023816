using Sera.Host.Configuration;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Rewards;

namespace Sera.Host.Preparation;

/// <summary>The reward model of a run, looked at before anything is written.</summary>
internal static class OpenedRewardModel
{
    private const string TokenizerFile = "tokenizer.json";

    /// <summary>null where the reward is implicit.</summary>
    /// <exception cref="InputException">The folder is no reward model, is damaged, or does not read the policy's tokens.</exception>
    public static PolicyFolder? Open(RunSettings settings, HostOptions host, OpenedPolicy policy)
    {
        if (host.RewardFolder is not { } folder) return null;
        var model = RewardModelFolder.Open(folder);
        if (Tokenizer(model) != Tokenizer(policy.Folder))
            throw settings.Error(RunKeys.RewardSource, $"a reward model with the tokenizer of {policy.Folder.Path}", "train one from a policy with the same tokenizer");
        if (model.Config.VocabularySize < policy.Folder.Config.VocabularySize)
            throw settings.Error(RunKeys.RewardSource, $"a reward model of {policy.Folder.Config.VocabularySize} tokens, as the policy has", "train one from this policy");
        if (model.Config.Context < policy.Context)
            throw settings.Error(RunKeys.RewardSource, $"a reward model with a context of {policy.Context} tokens or more, as the policy has", "train one from this policy");
        RewardModelFolder.LoadWeights(model).Dispose();
        return model;
    }

    private static string Tokenizer(PolicyFolder folder) => folder.Files.Single(f => f.Name == TokenizerFile).Sha256;
}
