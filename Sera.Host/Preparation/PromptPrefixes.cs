using System.Collections.Immutable;
using Sera.Host.Configuration;
using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Host.Preparation;

/// <summary>Texts of a run file that stand before prompts: read, tokenized, and whether what follows them still fits.</summary>
internal static class PromptPrefixes
{
    /// <exception cref="InputException">The policy does not know its tokens, or it takes half of the context.</exception>
    public static PromptPrefixRow Read(RunSettings settings, string key, string text, OpenedPolicy policy)
    {
        var tokens = policy.Tokenizer.EncodeContinuation(text);
        if (tokens.Length == 0 || tokens.Any(id => id >= policy.Folder.Config.VocabularySize))
            throw settings.Error(key, "a text of tokens that the policy knows", "write another");
        if (tokens.Length >= policy.Context / 2)
            throw settings.Error(key, $"a text of fewer than {policy.Context / 2} tokens, half of the policy's context; this one has {tokens.Length}", "shorten it");
        return new PromptPrefixRow(text, [.. tokens], policy.Tokenizer.Encode("").Length);
    }

    /// <summary>What asks for each score, from 1 on; empty where the run has no reward-augmented pairs.</summary>
    public static ImmutableArray<PromptPrefixRow> OfScores(RunSettings settings, RunOptions options, OpenedPolicy policy) => options.RewardPrefix is not { } template ? []
        : [.. Enumerable.Range(1, RewardScores.Best).Select(score => Read(settings, RunKeys.TrainingRewardPrefix, RewardScores.Text(template, score), policy))];

    /// <summary>The longest of them, and the key that it comes from; null where there is none.</summary>
    public static (string Key, PromptPrefixRow Row)? Longest(PromptPrefixRow? refinement, ImmutableArray<PromptPrefixRow> scores) =>
        (refinement, scores.MaxBy(row => row.Tokens.Length)) switch
        {
            ({ } row, var score) when score is null || row.Tokens.Length >= score.Tokens.Length => (RunKeys.LossRefinementPrompt, row),
            (_, { } score) => (RunKeys.TrainingRewardPrefix, score),
            _ => null,
        };

    /// <summary>The policy's own responses are scored under the augmented prompt, so they must fit behind it.</summary>
    public static void RequireRoom(RunSettings settings, RunOptions options, string key, PromptPrefixRow prefix, PreparedData data, int context)
    {
        var name = key["sera.".Length..];
        if (options.Bootstrap.Segments is { } segments)
        {
            // Of an offline pair: its prompt and, at most, all of its chosen response but a token before the segment.
            var pair = data.Train.Max(row => row.PromptTokens.Length + row.ChosenTokens.Length - 1) + prefix.Tokens.Length;
            if (pair + segments.Tokens > context)
                throw settings.Error(RunKeys.BootstrapSegmentTokens, $"at most {context - pair}: the policy's context of {context}, less the longest pair and {name}", "lower it");
            return;
        }
        var longest = data.Prompts.Max(prompt => prompt.PromptTokens.Length) + prefix.Tokens.Length;
        if (longest + options.Sampling.MaxNewTokens > context)
            throw settings.Error(RunKeys.SamplingMaxNewTokens, $"at most {context - longest}: the policy's context of {context}, less the longest prompt and {name}", "lower it");
    }
}
