using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Model.Generation;

/// <summary>Samples of one prompt that are decoded in one batch.</summary>
/// <param name="Prompt">Index in the request.</param>
/// <param name="Limit">Tokens a response may have: the length limit, or what the context leaves.</param>
internal sealed record DecodeRows(int Prompt, int FirstSample, int Samples, int Limit);

/// <summary>
/// In which order a request is decoded: prompts by rising length (then id, then place in the request), each with all its samples as far as the
/// batch holds them. Depends on the request and the context only.
/// </summary>
internal static class DecodePlan
{
    /// <exception cref="InputException">A prompt is empty, holds an id the policy does not know, or leaves no room for a response.</exception>
    public static ImmutableArray<DecodeRows> Of(GenerationRequest request, int context, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(request.Batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(request.Samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(request.Sampling.MaxNewTokens);
        foreach (var prompt in request.Prompts) Check(prompt, context, vocabularySize);
        var order = Enumerable.Range(0, request.Prompts.Length)
            .OrderBy(i => request.Prompts[i].Tokens.Length)
            .ThenBy(i => request.Prompts[i].Id, StringComparer.Ordinal)
            .ThenBy(i => i);
        return
        [
            .. from i in order
               let limit = Math.Min(request.Sampling.MaxNewTokens, context - request.Prompts[i].Tokens.Length)
               from first in Enumerable.Range(0, (request.Samples + request.Batch - 1) / request.Batch).Select(part => part * request.Batch)
               select new DecodeRows(i, first, Math.Min(request.Batch, request.Samples - first), limit),
        ];
    }

    private static void Check(TokenPrompt prompt, int context, int vocabularySize)
    {
        if (prompt.Tokens.IsEmpty)
            throw new InputException($"prompt {prompt.Id}", "it has no tokens", "at least one", "remove it or give it text");
        if (prompt.Tokens.Length >= context)
            throw new InputException(
                $"prompt {prompt.Id}", $"it has {prompt.Tokens.Length} tokens", $"fewer than the policy's context of {context}", "shorten or remove it");
        foreach (var id in prompt.Tokens)
            if (id < 0 || id >= vocabularySize)
                throw new InputException(
                    $"prompt {prompt.Id}", $"token id {id}", $"0 .. {vocabularySize - 1}, the policy's vocabulary", "use the policy's own tokenizer");
    }
}
