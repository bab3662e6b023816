using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Models.Llama;

namespace Sera.Model.Training;

/// <summary>What every example must be before it reaches the policy; inside a tensor library the same faults have no name.</summary>
internal static class ExampleChecks
{
    /// <exception cref="InputException">An example is empty, too long for the context, or holds ids the policy does not know.</exception>
    public static void Check(string id, LlamaConfig config, ImmutableArray<int> prompt, params ReadOnlySpan<ImmutableArray<int>> responses)
    {
        if (prompt.IsEmpty) throw new InputException($"example {id}", "a prompt without tokens", "at least one", "remove it or give it a prompt");
        CheckIds(id, config, prompt);
        foreach (var response in responses)
        {
            if (response.IsEmpty) throw new InputException($"example {id}", "a response without tokens", "at least one", "remove it");
            if (prompt.Length + response.Length > config.Context)
                throw new InputException(
                    $"example {id}", $"{prompt.Length + response.Length} tokens", $"at most {config.Context}, the policy's context", "shorten or drop it");
            CheckIds(id, config, response);
        }
    }

    private static void CheckIds(string id, LlamaConfig config, ImmutableArray<int> tokens)
    {
        foreach (var token in tokens)
            if (token < 0 || token >= config.VocabularySize)
                throw new InputException(
                    $"example {id}", $"token id {token}", $"0 .. {config.VocabularySize - 1}, the policy's vocabulary", "use the policy's own tokenizer");
    }
}
