using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization.Chat;

/// <summary>Texts as Python sees them: counted in code points, with its notion of blanks and its case rules.</summary>
internal static class PythonText
{
    /// <summary>str.isspace: Unicode's blanks and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static int TrimmedStart(ReadOnlySpan<char> text)
    {
        var at = 0;
        while (at < text.Length && IsSpace(text[at])) at++;
        return at;
    }

    /// <summary>Length without the blanks at the end.</summary>
    public static int TrimmedEnd(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) end--;
        return end;
    }

    public static int Length(string text)
    {
        var pairs = 0;
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i], text[i + 1])) pairs++;
        }
        return text.Length - pairs;
    }

    /// <summary>One text a code point.</summary>
    public static string[] Characters(string text)
    {
        var characters = new string[Length(text)];
        for (int i = 0, at = 0; i < characters.Length; i++)
        {
            var width = at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
            characters[i] = text.Substring(at, width);
            at += width;
        }
        return characters;
    }

    /// <summary>Order of code points; that of UTF-16 units puts U+10000 and above too early.</summary>
    public static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length) return left.Length.CompareTo(right.Length);
        var (a, b) = (left[common], right[common]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }

    public static string Upper(Rendering rendering, string text)
    {
        // Python maps these to several letters, .NET to one.
        var odd = text.AsSpan().IndexOfAny("ßŉǰΐΰև");
        if (odd < 0) odd = text.AsSpan().IndexOfAnyInRange('\u1e96', '\u1e9a');
        if (odd < 0) odd = text.AsSpan().IndexOfAnyInRange('\u1f50', '\u1fff');
        if (odd < 0) odd = text.AsSpan().IndexOfAnyInRange('\ufb00', '\ufb17');
        return odd < 0 ? text.ToUpperInvariant() : throw rendering.Fail(TemplateFault.Unsupported, $"the capital of '{text[odd]}'");
    }

    public static string Lower(Rendering rendering, string text)
    {
        var odd = text.AsSpan().IndexOfAny('\u0130', '\u03a3');
        return odd < 0 ? text.ToLowerInvariant() : throw rendering.Fail(TemplateFault.Unsupported, $"the small letter of '{text[odd]}'");
    }

    /// <summary>str.capitalize.</summary>
    public static string Capitalized(Rendering rendering, string text)
    {
        var first = text.Length > 1 && char.IsSurrogatePair(text[0], text[1]) ? 2 : Math.Min(1, text.Length);
        return Upper(rendering, text[..first]) + Lower(rendering, text[first..]);
    }

    /// <summary>str.title: a letter behind anything but a letter is large, the others small.</summary>
    public static string Title(Rendering rendering, string text)
    {
        var (upper, lower) = (Upper(rendering, text), Lower(rendering, text));
        var title = new StringBuilder(text.Length);
        var inWord = false;
        for (var i = 0; i < text.Length; i++)
        {
            title.Append(inWord ? lower[i] : upper[i]);
            if (!char.IsLowSurrogate(text[i])) inWord = char.IsLetter(text, i) && !IsUncased(text, i);
        }
        return title.ToString();
    }

    private static bool IsUncased(string text, int at) =>
        CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter;
}
