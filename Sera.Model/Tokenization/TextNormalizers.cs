using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>Text to text, before anything is split. <c>atBeginning</c> is false for the opening of a continuation.</summary>
internal delegate string TextNormalizer(string text, bool atBeginning);

/// <summary>The normalizers of tokenizer.json: none, NFC, Prepend, Replace of a string, Sequence.</summary>
internal static class TextNormalizers
{
    public static TextNormalizer Read(JsonPart? part)
    {
        switch (part?.Type)
        {
            case null:
                return (text, _) => text;
            case "NFC":
                part.Only();
                return (text, _) => Nfc.Normalize(text);
            case "Prepend":
                var prefix = part.Only("prepend").Text("prepend");
                return (text, atBeginning) => atBeginning && text.Length > 0 ? prefix + text : text;
            case "Replace":
                var (from, to) = ReadReplace(part);
                return (text, _) => text.Replace(from, to, StringComparison.Ordinal);
            case "Sequence":
                var steps = part.Only("normalizers").Items("normalizers").Select(Read).ToArray();
                return (text, atBeginning) => steps.Aggregate(text, (current, step) => step(current, atBeginning));
            default:
                throw part.Refuse($"the normalizer {part.Type}", "none, NFC, Prepend, Replace or Sequence");
        }
    }

    /// <returns>The string to look for and its replacement, of a Replace normalizer or decoder.</returns>
    public static (string From, string To) ReadReplace(JsonPart part)
    {
        var pattern = part.Only("pattern", "content").Required("pattern");
        if (pattern.Optional("String") is null)
        {
            throw pattern.Refuse(JsonPart.Quote(pattern.Element), "a pattern of the form {\"String\": ...}");
        }

        var from = pattern.Only("String").Text("String");
        return from.Length > 0 ? (from, part.Text("content")) : throw pattern.Refuse("an empty string", "a string to look for");
    }

    /// <returns>The text with every lone surrogate as U+FFFD: what UTF-8, the form the vocabulary was made on, can say.</returns>
    public static string WellFormed(string text)
    {
        var span = text.AsSpan();
        if (!span.ContainsAnyInRange('\ud800', '\udfff'))
        {
            return text;
        }

        var builder = new StringBuilder(text.Length);
        foreach (var rune in span.EnumerateRunes())
        {
            builder.Append(rune.ToString());
        }

        return builder.ToString();
    }
}
