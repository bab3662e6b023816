using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization.Chat;

/// <summary>Values as text: Python's str and repr.</summary>
internal static class ValueText
{
    /// <summary>What "{{ value }}" prints; nothing for what is not there.</summary>
    public static string Of(Rendering rendering, Value value)
    {
        switch (value)
        {
            case TextValue text: return text.Of;
            case UndefinedValue: return "";
            default:
                var written = new StringBuilder();
                Write(rendering, written, value);
                return written.ToString();
        }
    }

    /// <summary>Python's shortest text that reads back as the same number.</summary>
    public static string Of(double number)
    {
        if (!double.IsFinite(number)) return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        var at = shortest.IndexOf('E');
        var mantissa = (at < 0 ? shortest : shortest[..at]).TrimStart('-');
        var whole = mantissa.IndexOf('.') is var dot && dot < 0 ? mantissa.Length : dot;
        var figures = mantissa.Replace(".", "", StringComparison.Ordinal);
        var digits = figures.TrimStart('0');
        var exponent = whole - 1 - (figures.Length - digits.Length) + (at < 0 ? 0 : int.Parse(shortest.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        digits = digits.TrimEnd('0');
        if (digits.Length == 0) (digits, exponent) = ("0", 0);
        var sign = double.IsNegative(number) ? "-" : "";
        return exponent switch
        {
            < -4 or >= 16 => FormattableString.Invariant($"{sign}{digits[..1]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}"),
            < 0 => $"{sign}0.{new string('0', -exponent - 1)}{digits}",
            _ when digits.Length > exponent + 1 => $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}",
            _ => $"{sign}{digits.PadRight(exponent + 1, '0')}.0",
        };
    }

    private static void Write(Rendering rendering, StringBuilder written, Value value)
    {
        var before = written.Length;
        rendering.Step();
        rendering.Enter();
        switch (value)
        {
            case NoneValue: written.Append("None"); break;
            case BoolValue flag: written.Append(flag.Of ? "True" : "False"); break;
            case IntValue number: written.Append(number.Of); break;
            case FloatValue number: written.Append(Of(number.Of)); break;
            case TextValue text: Quote(written, text.Of); break;
            case UndefinedValue: written.Append("Undefined"); break;
            case SequenceValue { Kind: SequenceKind.List } list: Items(rendering, written, '[', list.Items, ']'); break;
            case SequenceValue { Kind: SequenceKind.Tuple } tuple:
                Items(rendering, written, '(', tuple.Items, ')');
                if (tuple.Items.Count == 1) written.Insert(written.Length - 1, ',');
                break;
            case MapValue map:
                var first = true;
                written.Append('{');
                foreach (var (key, item) in map.Items)
                {
                    if (!first) written.Append(", ");
                    first = false;
                    var at = written.Length;
                    Quote(written, key);
                    rendering.Characters(written.Length - at);
                    written.Append(": ");
                    Write(rendering, written, item);
                }
                written.Append('}');
                break;
            default:
                throw rendering.Fail(TemplateFault.Unsupported, $"printing a {value.Type}");
        }
        // What lies inside was counted by its own call; this counts it again for each level, and so bounds deep ones too.
        rendering.Characters(written.Length - before);
        rendering.Leave();
    }

    private static void Items(Rendering rendering, StringBuilder written, char open, IReadOnlyList<Value> items, char close)
    {
        written.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) written.Append(", ");
            Write(rendering, written, items[i]);
        }
        written.Append(close);
    }

    private static void Quote(StringBuilder written, string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        written.Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote || c == '\\') written.Append('\\').Append(c);
            else if (c is '\n' or '\r' or '\t') written.Append('\\').Append(c switch { '\n' => 'n', '\r' => 'r', _ => 't' });
            else if (i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1]))
            {
                if (IsPrintable(CharUnicodeInfo.GetUnicodeCategory(text, i))) written.Append(c).Append(text[i + 1]);
                else written.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(c, text[i + 1]):x8}");
                i++;
            }
            else if (c == ' ' || IsPrintable(char.GetUnicodeCategory(c))) written.Append(c);
            else written.Append(CultureInfo.InvariantCulture, $"{(c < 0x100 ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}")}");
        }
        written.Append(quote);
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
