using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sera.Model.Data;

namespace Sera.Model.Tokenization;

/// <summary>
/// A split pattern of tokenizer.json, found in text exactly as its own engine (Oniguruma over code points) finds it.
/// .NET works on UTF-16 units, where half of an astral letter is no letter: so a pair of surrogates is matched as one
/// character of the same Unicode category, and offsets are mapped back.
/// </summary>
internal sealed class SplitPattern
{
    /// <summary>The pattern of GPT-2, which a ByteLevel pre-tokenizer uses by itself.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly char[] StandIns = FindStandIns();

    /// <summary>For one match, which takes microseconds unless a pattern was made so that it tries every way through a text.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1.5);

    private readonly Regex? _regex;
    private readonly string _literal = "";

    private SplitPattern(Regex? regex, string literal)
    {
        _regex = regex;
        _literal = literal;
    }

    /// <summary>Whether there may be matches without a character.</summary>
    public bool MayMatchNothing { get; private init; }

    /// <param name="part">An object with one of "String" and "Regex".</param>
    /// <exception cref="InputException">It has neither, an empty string, or a regex that is not known to mean the same here.</exception>
    public static SplitPattern Read(JsonPart part)
    {
        if (part.Only("String", "Regex").Optional("Regex") is not null)
        {
            try
            {
                return OfRegex(part.Text("Regex"));
            }
            catch (FormatException e)
            {
                throw part.Refuse(e.Message, "a pattern of literals, categories, \\s, classes, groups, lookaheads and counts");
            }
        }

        var literal = part.Text("String");
        return literal.Length > 0 ? OfString(literal) : throw part.Refuse("an empty string", "a string to look for");
    }

    /// <exception cref="FormatException">The pattern holds something that is not known to mean the same here.</exception>
    public static SplitPattern OfRegex(string pattern)
    {
        var translated = new SplitPatternTranslator(pattern).Translate();
        var regex = new Regex(translated, RegexOptions.CultureInvariant | RegexOptions.Compiled, Longest);
        return new SplitPattern(regex, "") { MayMatchNothing = regex.IsMatch("") || translated.Contains("(?=") || translated.Contains("(?!") };
    }

    public static SplitPattern OfString(string literal) => new(null, literal);

    /// <summary>Appends start and end of each match in the text, in order.</summary>
    /// <exception cref="InputException">The pattern does not come to an end with this text.</exception>
    public void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        var before = matches.Count;
        // Twice, since a process that was stopped for a while has run out of time too.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Find(text, matches);
                return;
            }
            catch (RegexMatchTimeoutException e)
            {
                matches.RemoveRange(before, matches.Count - before);
                if (attempt == 0) continue;
                throw new InputException(
                    "tokenizer.json", $"the pattern {JsonPart.Quote(e.Pattern)} is not done with {text.Length} characters after {Longest.TotalSeconds} s",
                    "one that does not try every way through a text", "choose another tokenizer");
            }
        }
    }

    private void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (_regex is null)
        {
            for (var from = 0; from <= text.Length - _literal.Length;)
            {
                var at = text[from..].IndexOf(_literal, StringComparison.Ordinal);
                if (at < 0)
                {
                    return;
                }

                matches.Add((from + at, from + at + _literal.Length));
                from += at + _literal.Length;
            }
        }
        else if (!text.ContainsAnyInRange('\ud800', '\udfff'))
        {
            foreach (var match in _regex.EnumerateMatches(text))
            {
                matches.Add((match.Index, match.Index + match.Length));
            }
        }
        else
        {
            FindAmongPairs(text, matches);
        }
    }

    private void FindAmongPairs(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        var units = new char[text.Length];
        var offsets = new int[text.Length + 1];
        var count = 0;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            units[count] = rune.IsBmp ? (char)rune.Value : StandIns[(int)Rune.GetUnicodeCategory(rune)];
            offsets[count++] = at;
            at += rune.Utf16SequenceLength;
        }

        offsets[count] = at;
        foreach (var match in _regex!.EnumerateMatches(units.AsSpan(0, count)))
        {
            matches.Add((offsets[match.Index], offsets[match.Index + match.Length]));
        }
    }

    /// <summary>For each category the highest character of the BMP that has it; patterns hold ASCII literals only, so none is one.</summary>
    private static char[] FindStandIns()
    {
        var standIns = new char[(int)UnicodeCategory.OtherNotAssigned + 1];
        for (var code = 0x250; code <= 0xffff; code++)
        {
            standIns[(int)CharUnicodeInfo.GetUnicodeCategory((char)code)] = (char)code;
        }

        return standIns;
    }
}
