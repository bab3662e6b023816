using Sera.Model.Tokenization;

namespace Sera.Model.Data.Inspecting;

/// <summary>Rows whose prompt stands among evaluation prompts. Of conversations it is compared what the user says, and so they meet texts.</summary>
/// <param name="Prompts">Different evaluation prompts.</param>
/// <param name="Equal">Rows with a prompt equal to one of them, but for case, spacing and punctuation.</param>
/// <param name="Near">Rows, beside these, with a prompt that is a near duplicate of one.</param>
public sealed record EvaluationOverlap(int Prompts, int Equal, int Near);

/// <summary>Counts them.</summary>
internal sealed class OverlapCounter
{
    private readonly HashTable _texts = new(numbered: false);
    private readonly NearTexts _near = new();
    private int _equal;
    private int _similar;

    /// <param name="path">Rows with prompts.</param>
    /// <param name="tokenizer">Whose chat template writes prompts of messages, if there are such.</param>
    /// <exception cref="InputException">They cannot be read.</exception>
    public OverlapCounter(string path, ITextTokenizer? tokenizer)
    {
        foreach (var row in RowReader.SaidPrompts(path, tokenizer).Rows)
        {
            var prompt = row.Said ?? row.Prompt;
            if (_texts.Add(Text(prompt)) && MinHash.Of(prompt) is { } signature) _near.Add(signature);
        }
    }

    public EvaluationOverlap Found => new(_texts.Count, _equal, _similar);

    public void Add(TextRow row)
    {
        // In a conversation of several turns an evaluation prompt may be one of them, and be asked and answered there.
        var whole = row.Said ?? row.Prompt;
        var turns = row.Said?.Split(TextRow.Turns) ?? [];
        string[] prompts = turns.Length > 1 ? [whole, .. turns] : [whole];
        if (prompts.Any(prompt => _texts.Find(Text(prompt)) is not null)) _equal++;
        else if (prompts.Any(prompt => MinHash.Of(prompt) is { } signature && _near.Has(signature))) _similar++;
    }

    // A prompt without a letter or a digit is itself.
    private static UInt128 Text(string prompt)
    {
        var bare = MinHash.Bare(prompt);
        return TextHash.Of(bare.Count == 0 ? prompt : string.Concat(bare.Select(char.ConvertFromUtf32)));
    }
}
