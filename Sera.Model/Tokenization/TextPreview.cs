using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>Text of models and data files made fit for a terminal: no control character reaches it, so none can move or colour it.</summary>
public static class TextPreview
{
    private const string Cut = "\u2026";

    /// <returns>The text with line breaks and tabs kept, every other control or direction-changing character as U+FFFD.</returns>
    public static string Printable(string text) =>
        Replace(text, rune => rune.Value is '\n' or '\t' ? rune.ToString() : Rune.ReplacementChar.ToString());

    /// <param name="text">Any text.</param>
    /// <param name="length">Most characters (grapheme clusters) of the result, the closing ellipsis among them; at least 1.</param>
    /// <returns>One line: line breaks as \n and \r, tabs as \t, other control characters as U+FFFD, cut between characters.</returns>
    public static string OneLine(string text, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var line = Replace(text, rune => rune.Value switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => Rune.ReplacementChar.ToString(),
        });
        var starts = StringInfo.ParseCombiningCharacters(line);
        return starts.Length <= length ? line : line[..starts[length - 1]] + Cut;
    }

    private static string Replace(string text, Func<Rune, string> shown)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            builder.Append(IsHarmful(rune) ? shown(rune) : rune.ToString());
        }

        return builder.ToString();
    }

    private static bool IsHarmful(Rune rune) =>
        Rune.IsControl(rune) || rune.Value is (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) or 0x2028 or 0x2029;
}
