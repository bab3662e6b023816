using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>A text on its way through the normalizers.</summary>
/// <param name="Text">Without lone surrogates.</param>
/// <param name="AtBeginning">False for the opening of a continuation, which gets no mark of a beginning and loses no space of one.</param>
/// <param name="CutAtStart">Whether the character that the text began with is gone.</param>
internal readonly record struct NormalizedText(string Text, bool AtBeginning, bool CutAtStart = false);

/// <summary>Text to text, before anything is split.</summary>
internal delegate NormalizedText TextNormalizer(NormalizedText text);

/// <summary>The normalizers of tokenizer.json, as <see cref="Known"/> lists them.</summary>
internal static class TextNormalizers
{
    private const string Known = "none, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Lowercase, StripAccents, Strip, Prepend, Replace or Sequence";

    public static TextNormalizer Read(JsonPart? part)
    {
        switch (part?.Type)
        {
            case null:
                return text => text;
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                part.Only();
                var form = Enum.Parse<NormalizationForm>(part.Type.Replace("NF", "Form", StringComparison.Ordinal));
                return Of(text => NormalForms.Normalize(text, form));
            case "Nmt":
                part.Only();
                return Filter(IsNoiseToNmt, rune => new Rune(IsSpaceToNmt(rune) ? ' ' : rune.Value));
            case "StripAccents":
                part.Only();
                return Filter(IsMark, rune => rune);
            case "Lowercase":
                part.Only();
                return Of(Lowercase);
            case "Precompiled":
                return Of(Charsmap.Read(part.Only("precompiled_charsmap").Required("precompiled_charsmap")).Normalize);
            case "Strip":
                return ReadStrip(part.Only("strip_left", "strip_right"));
            case "Prepend":
                var prefix = part.Only("prepend").Text("prepend");
                return text => text.AtBeginning && text.Text.Length > 0 ? text with { Text = prefix + text.Text } : text;
            case "Replace":
                return Replacement.Read(part).Apply;
            case "Sequence":
                var steps = part.Only("normalizers").Items("normalizers").Select(Read).ToArray();
                return text => steps.Aggregate(text, (current, step) => step(current));
            default:
                throw part.Refuse($"the normalizer {part.Type}", Known);
        }
    }

    /// <returns>The text with every lone surrogate as U+FFFD: what UTF-8, the form the vocabulary was made on, can say.</returns>
    public static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') ? Map(text, rune => rune) : text;

    private static TextNormalizer Of(Func<string, string> step) => text => text with { Text = step(text.Text) };

    private static string Map(string text, Func<Rune, Rune?> step)
    {
        var builder = new StringBuilder(text.Length);
        var utf16 = (stackalloc char[2]);
        foreach (var rune in text.EnumerateRunes())
        {
            if (step(rune) is { } mapped)
            {
                builder.Append(utf16[..mapped.EncodeToUtf16(utf16)]);
            }
        }

        return builder.ToString();
    }

    private static TextNormalizer Filter(Func<Rune, bool> drops, Func<Rune, Rune> step) => text => text.Text.Length == 0 ? text : text with
    {
        Text = Map(text.Text, rune => drops(rune) ? null : step(rune)),
        CutAtStart = text.CutAtStart || drops(Rune.GetRuneAt(text.Text, 0)),
    };

    private static TextNormalizer ReadStrip(JsonPart part)
    {
        var (left, right) = (Side("strip_left"), Side("strip_right"));
        return text =>
        {
            var stripped = right ? text.Text.TrimEnd() : text.Text;
            var from = left && text.AtBeginning ? stripped.Length - stripped.AsSpan().TrimStart().Length : 0;
            return text with { Text = stripped[from..], CutAtStart = text.CutAtStart || from > 0 };
        };

        bool Side(string name) => part.Required(name) is not null && part.Flag(name, false);
    }

    // Character by character: the capital I with a dot is the only one of two, and a final sigma is no special case.
    private static string Lowercase(string text)
    {
        var lower = Map(text, rune => rune.Value == 0x130 ? rune : Rune.ToLowerInvariant(rune));
        return lower.Replace("\u0130", "i\u0307", StringComparison.Ordinal);
    }

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static bool IsNoiseToNmt(Rune rune) =>
        rune.Value is (>= 0x1 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F;

    private static bool IsSpaceToNmt(Rune rune) =>
        rune.Value is 0x9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;
}
