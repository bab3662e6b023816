using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;

namespace Sera.Model.Scoring;

/// <summary>Whether a policy can compute the groups at all.</summary>
public static class TokenGroups
{
    /// <exception cref="InputException">A token id is beyond the vocabulary, a prompt is empty, or a sequence is longer than the context.</exception>
    public static void Check(IReadOnlyList<TokenGroup> groups, LlamaConfig config)
    {
        foreach (var group in groups)
        {
            if (group.Prompt.IsEmpty)
                throw new InputException($"group '{group.Id}'", "an empty prompt", "at least one token", "give the prompt a text or the tokenizer a beginning-of-sequence token");
            CheckIds(group.Id, "the prompt", group.Prompt, config);
            for (var i = 0; i < group.Responses.Length; i++)
            {
                CheckIds(group.Id, $"response {i + 1}", group.Responses[i], config);
                var length = group.Prompt.Length + group.Responses[i].Length;
                if (length > config.Context)
                    throw new InputException($"group '{group.Id}'", $"{length} tokens of prompt and response {i + 1}", $"at most {config.Context}, the policy's context", "shorten or drop it");
            }
        }
    }

    private static void CheckIds(string id, string part, ImmutableArray<int> tokens, LlamaConfig config)
    {
        foreach (var token in tokens)
        {
            if (token < 0 || token >= config.VocabularySize)
                throw new InputException($"group '{id}'", $"token id {token} in {part}", $"0 to {config.VocabularySize - 1}, the policy's vocabulary", "check that the tokenizer belongs to the policy");
        }
    }
}
