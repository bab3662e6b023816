using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>Every match of a pattern becomes a text: Replace, as normalizer and as decoder.</summary>
internal sealed class Replacement
{
    private readonly SplitPattern _pattern;
    private readonly string _content;

    private Replacement(SplitPattern pattern, string content)
    {
        _pattern = pattern;
        _content = content;
    }

    /// <exception cref="Data.InputException">The pattern is not known to mean the same here, or may match nothing at all.</exception>
    public static Replacement Read(JsonPart part)
    {
        var source = part.Only("pattern", "content").Required("pattern").Only("String", "Regex");
        var content = part.Text("content");
        var pattern = SplitPattern.Read(source);
        if (source.Optional("Regex") is not null && content.Contains('$', StringComparison.Ordinal))
        {
            // Newer versions of the library read it as the number of a group.
            throw part.Refuse($"the content {JsonPart.Quote(content)} for a regex", "a content without $");
        }

        return pattern.MayMatchNothing
            ? throw source.Refuse("a pattern that matches between characters", "one that matches at least one character, without lookahead")
            : new Replacement(pattern, content);
    }

    public NormalizedText Apply(NormalizedText text)
    {
        var matches = Matches(text.Text);
        if (matches.Count == 0)
        {
            return text;
        }

        // Of a match of several characters the new text stands where the last of them stood.
        var (start, end) = matches[0];
        var cut = start == 0 && (_content.Length == 0 || Rune.GetRuneAt(text.Text, 0).Utf16SequenceLength < end);
        return text with { Text = Replace(text.Text, matches), CutAtStart = text.CutAtStart || cut };
    }

    public string Apply(string text) => Matches(text) is { Count: > 0 } matches ? Replace(text, matches) : text;

    private List<(int Start, int End)> Matches(string text)
    {
        var matches = new List<(int Start, int End)>();
        _pattern.FindAll(text, matches);
        return matches;
    }

    private string Replace(string text, List<(int Start, int End)> matches)
    {
        var builder = new StringBuilder(text.Length);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            builder.Append(text, done, start - done).Append(_content);
            done = end;
        }

        return builder.Append(text, done, text.Length - done).ToString();
    }
}
