using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization.Chat;

/// <summary>The tokens inside a tag: names, numbers, texts and operators.</summary>
internal sealed class TagLexer(string source)
{
    private static readonly string[] Operators =
        ["==", "!=", ">=", "<=", "//", "**", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    /// <param name="at">Where a token begins.</param>
    /// <param name="next">Where it has ended.</param>
    public TemplateToken Next(int at, int line, out int next)
    {
        var first = source[at];
        if (first is '\'' or '"') return Text(at, line, out next);
        if (char.IsAsciiDigit(first)) return Number(at, line, out next);
        if (first == '_' || char.IsLetter(first))
        {
            next = at + 1;
            while (next < source.Length && (source[next] == '_' || char.IsLetterOrDigit(source[next]))) next++;
            return new TemplateToken(TokenKind.Name, source[at..next], line);
        }
        foreach (var text in Operators)
        {
            if (string.CompareOrdinal(source, at, text, 0, text.Length) != 0) continue;
            next = at + text.Length;
            return new TemplateToken(TokenKind.Operator, text, line);
        }
        throw new TemplateException(TemplateFault.Syntax, line, $"unexpected character {JsonPart.Quote(first.ToString())}");
    }

    private TemplateToken Number(int at, int line, out int next)
    {
        next = Digits(at);
        var kind = TokenKind.Whole;
        // A dot makes a decimal only before a digit: "1.x" is an attribute.
        if (next + 1 < source.Length && source[next] == '.' && char.IsAsciiDigit(source[next + 1])) (next, kind) = (Digits(next + 1), TokenKind.Decimal);
        if (next < source.Length && source[next] is 'e' or 'E')
        {
            var exponent = next + 1 < source.Length && source[next + 1] is '+' or '-' ? next + 2 : next + 1;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent])) (next, kind) = (Digits(exponent), TokenKind.Decimal);
        }
        var text = source[at..next].Replace("_", "", StringComparison.Ordinal);
        var whole = kind == TokenKind.Whole;
        var strange = next < source.Length && (source[next] == '_' || char.IsLetter(source[next]));
        if (strange || (whole && text.Length > 1 && text[0] == '0') || (whole && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            throw new TemplateException(TemplateFault.Unsupported, line, $"the number {JsonPart.Quote(source[at..Math.Min(next + 1, source.Length)])}");
        return new TemplateToken(kind, text, line);
    }

    private int Digits(int at)
    {
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || (source[at] == '_' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1])))) at++;
        return at;
    }

    private TemplateToken Text(int at, int line, out int next)
    {
        var quote = source[at];
        var text = new StringBuilder();
        for (var i = at + 1; i < source.Length; i++)
        {
            if (source[i] == quote)
            {
                next = i + 1;
                return new TemplateToken(TokenKind.Text, text.ToString(), line);
            }
            if (source[i] == '\\' && i + 1 < source.Length) i = Escape(i + 1, line, text);
            else text.Append(source[i]);
        }
        throw new TemplateException(TemplateFault.Syntax, line, "a text without its closing quote");
    }

    // Python's escapes; an unknown one stands for itself. Returns the last place used.
    private int Escape(int at, int line, StringBuilder text)
    {
        var escaped = source[at];
        switch (escaped)
        {
            case '\n': return at;
            case 'n': text.Append('\n'); return at;
            case 't': text.Append('\t'); return at;
            case 'r': text.Append('\r'); return at;
            case 'a': text.Append('\a'); return at;
            case 'b': text.Append('\b'); return at;
            case 'f': text.Append('\f'); return at;
            case 'v': text.Append('\v'); return at;
            case '\\' or '\'' or '"': text.Append(escaped); return at;
            case 'x': return Hexadecimal(at, 2, line, text);
            case 'u': return Hexadecimal(at, 4, line, text);
            case 'U': return Hexadecimal(at, 8, line, text);
            case 'N': throw new TemplateException(TemplateFault.Unsupported, line, "the escape '\\N' in a text");
            case >= '0' and <= '7':
                var end = at;
                var code = 0;
                while (end < source.Length && end < at + 3 && source[end] is >= '0' and <= '7') code = (code * 8) + (source[end++] - '0');
                text.Append((char)code);
                return end - 1;
            default: text.Append('\\').Append(escaped); return at;
        }
    }

    private int Hexadecimal(int at, int digits, int line, StringBuilder text)
    {
        var end = at + 1 + digits;
        if (end > source.Length || !int.TryParse(source.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || code is < 0 or > 0x10FFFF)
            throw new TemplateException(TemplateFault.Syntax, line, $"a broken escape '\\{source[at]}' in a text");
        if (code > 0xFFFF) text.Append(char.ConvertFromUtf32(code));
        else text.Append((char)code);
        return end - 1;
    }
}
