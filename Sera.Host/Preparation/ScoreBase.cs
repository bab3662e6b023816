using Sera.Host.Configuration;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Preparation;

/// <summary>policies.score-base: the policy before the starting one, which rewards are measured against.</summary>
internal static class ScoreBase
{
    private const string TokenizerFile = "tokenizer.json";

    /// <summary>null where the run names none.</summary>
    /// <exception cref="InputException">It is no policy, the starting policy itself, or cannot score what the run's policies say.</exception>
    public static OpenedPolicy? Open(RunSettings settings, string folder, OpenedPolicy policy)
    {
        if (folder.Length == 0) return null;
        var opened = OpenedPolicy.Open(folder);
        if (opened.Folder.Digest == policy.Folder.Digest)
            throw settings.Error(RunKeys.PoliciesScoreBase, "another policy than run.policy, against which every reward would be 0", "name the policy that run.policy was trained from");
        if (Digest(opened) != Digest(policy) || opened.Folder.Config.VocabularySize != policy.Folder.Config.VocabularySize)
            throw settings.Error(RunKeys.PoliciesScoreBase, $"a policy with the tokenizer of {policy.Folder.Path}", "name the policy that run.policy was trained from");
        if (opened.Context < policy.Context)
            throw settings.Error(RunKeys.PoliciesScoreBase, $"a context of at least {policy.Context} tokens, the policy's", $"name another one; this one has {opened.Context}");
        opened.CheckWeights();
        return opened;
    }

    private static string Digest(OpenedPolicy policy) => Sha256.OfFile(Path.Combine(policy.Folder.Path, TokenizerFile));
}
