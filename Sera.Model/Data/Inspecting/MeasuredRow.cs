using Sera.Model.Tokenization;

namespace Sera.Model.Data.Inspecting;

/// <summary>What inspection needs of a row.</summary>
/// <param name="Prompt">Length of the prompt, in tokens or characters.</param>
/// <param name="Responses">Lengths of the responses, chosen first.</param>
/// <param name="Signature">For near duplicates; null where they are not looked for, and of rows without letters.</param>
internal sealed record MeasuredRow(TextRow Row, int Prompt, int[] Responses, UInt128 PromptHash, UInt128 ContentHash, uint[]? Signature)
{
    public int Total => Prompt + Responses.DefaultIfEmpty(0).Max();

    public static MeasuredRow Of(TextRow row, ITextTokenizer? tokenizer, bool compare)
    {
        string[] responses = row switch
        {
            TextPair pair => [pair.Chosen, pair.Rejected],
            TextExample example => [example.Response],
            _ => [],
        };
        // Lengths in front keep two rows apart that only read the same when joined.
        var content = string.Concat(((string[])[row.Prompt, .. responses]).Select(text => $"{text.Length}:{text}"));
        return new MeasuredRow(
            row,
            tokenizer is null ? row.Prompt.Length : row.PromptTokens(tokenizer).Length,
            [.. responses.Select(text => tokenizer?.EncodeContinuation(text).Length ?? text.Length)],
            TextHash.Of(row.Prompt),
            TextHash.Of(content),
            compare ? MinHash.Of(string.Join('\n', [row.Prompt, .. responses])) : null);
    }
}
