using Sera.Model.Tokenization;

namespace Sera.Model.Generation;

/// <summary>
/// Watches the text of a response for strings that end it. Every id is decoded once, and only as much of the text is looked at as is new or could
/// begin a string: a response costs no more than its length. One response, one thread at a time.
/// </summary>
/// <param name="strings">None empty.</param>
internal sealed class StopStrings(ITextTokenizer tokenizer, IReadOnlyList<string> strings)
{
    private readonly StreamedText _text = new(tokenizer, continuation: true);
    private readonly int _overlap = strings.Max(s => s.Length) - 1;
    private string _tail = "";

    /// <returns>Whether a string is complete now.</returns>
    public bool Ends(int id)
    {
        var seen = _tail + _text.Append([id]);
        if (strings.Any(s => seen.Contains(s, StringComparison.Ordinal))) return true;
        _tail = seen.Length > _overlap ? seen[^_overlap..] : seen;
        return false;
    }

    /// <summary>A text up to the first of the strings.</summary>
    public static string Cut(string text, IReadOnlyList<string> strings)
    {
        var at = strings.Select(s => text.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(text.Length).Min();
        return text[..at];
    }
}
