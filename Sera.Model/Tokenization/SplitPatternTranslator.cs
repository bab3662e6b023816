using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>
/// Reads a split pattern in Oniguruma's grammar and writes what means the same to .NET. Only constructs whose meaning is
/// known to agree pass; case-insensitive groups are spelled out, because the two engines fold case differently.
/// </summary>
internal sealed class SplitPatternTranslator(string pattern)
{
    private const string LiteralMarks = "\\*+?|{}[]()#^$. -'\"/&!,:;<>=@_`~%";

    private static readonly HashSet<string> Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
        "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
    ];

    // Letter pairs that have a one-character case folding (ß, ﬆ, ﬀ, ...): spelling out letter by letter would miss it.
    private static readonly string[] Ligatures = ["ss", "st", "ff", "fi", "fl"];

    private readonly StringBuilder _out = new();
    private int _at;

    public string Translate()
    {
        Alternatives(fold: false);
        return _at == pattern.Length ? _out.ToString() : throw Unknown();
    }

    private void Alternatives(bool fold)
    {
        while (_at < pattern.Length && pattern[_at] != ')')
        {
            if (pattern[_at] == '|')
            {
                _out.Append('|');
                _at++;
                continue;
            }

            var start = _out.Length;
            Atom(fold);
            Quantifier(start);
        }
    }

    private void Atom(bool fold)
    {
        switch (pattern[_at])
        {
            case '(':
                Group(fold);
                break;
            case '[':
                Class(fold);
                break;
            case '\\':
                _out.Append(Escape());
                break;
            case var c when char.IsAscii(c) && !"*+?{}]^$.".Contains(c) && !char.IsControl(c):
                _out.Append(Literal(fold, inClass: false));
                break;
            default:
                throw Unknown();
        }
    }

    private void Group(bool fold)
    {
        foreach (var (opening, written, folds) in new[] { ("(?i:", "(?:", true), ("(?:", "(?:", fold), ("(?=", "(?=", fold), ("(?!", "(?!", fold) })
        {
            if (Ahead(opening))
            {
                _at += opening.Length;
                _out.Append(written);
                Alternatives(folds);
                Close();
                return;
            }
        }

        if (Ahead("(?"))
        {
            throw Unknown();
        }

        _at++;
        _out.Append("(?:");
        Alternatives(fold);
        Close();
    }

    private void Close()
    {
        if (!Ahead(")"))
        {
            throw Unknown();
        }

        _at++;
        _out.Append(')');
    }

    private void Class(bool fold)
    {
        _at++;
        _out.Append('[');
        if (Ahead("^"))
        {
            _at++;
            _out.Append('^');
        }

        var first = true;
        while (!Ahead("]") || first)
        {
            if (_at >= pattern.Length || pattern[_at] is '[' or ']' || Ahead("&&") || !char.IsAscii(pattern[_at]))
            {
                throw Unknown();
            }

            var range = _at + 2 < pattern.Length && pattern[_at + 1] == '-' && pattern[_at + 2] != ']';
            if (range)
            {
                var (low, high) = (pattern[_at], pattern[_at + 2]);
                if (fold || !char.IsAsciiLetterOrDigit(low) || !char.IsAsciiLetterOrDigit(high) || low > high)
                {
                    throw Unknown();
                }

                _out.Append(low).Append('-').Append(high);
                _at += 3;
            }
            else
            {
                _out.Append(pattern[_at] == '\\' ? Escape() : Literal(fold, inClass: true));
            }

            first = false;
        }

        _at++;
        _out.Append(']');
    }

    private string Literal(bool fold, bool inClass)
    {
        var c = pattern[_at];
        if (!fold || !char.IsAsciiLetter(c))
        {
            _at++;
            return inClass && "\\^-[]".Contains(c) ? $"\\{c}" : inClass ? c.ToString() : System.Text.RegularExpressions.Regex.Escape(c.ToString());
        }

        if (!inClass && _at + 1 < pattern.Length && Ligatures.Contains(pattern.Substring(_at, 2).ToLowerInvariant()))
        {
            throw Unknown();
        }

        _at++;
        var lower = char.ToLowerInvariant(c);
        var cases = $"{lower}{char.ToUpperInvariant(c)}" + lower switch { 's' => "\u017f", 'k' => "\u212a", _ => "" };
        return inClass ? cases : $"[{cases}]";
    }

    private string Escape()
    {
        if (_at + 1 >= pattern.Length)
        {
            throw Unknown();
        }

        var c = pattern[_at + 1];
        if (c is 'p' or 'P')
        {
            var end = pattern.IndexOf('}', _at);
            if (end < 0 || pattern[_at + 2] != '{' || !Categories.Contains(pattern[(_at + 3)..end]))
            {
                throw Unknown();
            }

            var category = pattern[_at..(end + 1)];
            _at = end + 1;
            return category;
        }

        if (!"sSdDrnt".Contains(c) && !LiteralMarks.Contains(c))
        {
            throw Unknown();
        }

        _at += 2;
        return char.IsAsciiLetter(c) || "\\*+?|{}[]()#^$.-".Contains(c) ? $"\\{c}" : c.ToString();
    }

    private void Quantifier(int atomStart)
    {
        if (_at >= pattern.Length)
        {
            return;
        }

        var start = _at;
        if (pattern[_at] is '*' or '+' or '?')
        {
            _at++;
        }
        else if (pattern[_at] == '{')
        {
            var end = pattern.IndexOf('}', _at);
            var counts = end < 0 ? [] : pattern[(_at + 1)..end].Split(',');
            if (counts.Length is not (1 or 2) || counts[0].Length == 0 || counts.Any(count => !count.All(char.IsAsciiDigit)))
            {
                throw Unknown();
            }

            _at = end + 1;
        }
        else
        {
            return;
        }

        _out.Append(pattern, start, _at - start);
        if (Ahead("?") && pattern[start] != '{')
        {
            _out.Append('?');
            _at++;
        }
        else if (Ahead("+") && pattern[start] != '{')
        {
            _out.Insert(atomStart, "(?>").Append(')');
            _at++;
        }

        if (_at < pattern.Length && pattern[_at] is '*' or '+' or '?' or '{')
        {
            throw Unknown();
        }
    }

    private bool Ahead(string text) => string.CompareOrdinal(pattern, _at, text, 0, text.Length) == 0;

    private FormatException Unknown() =>
        new(_at < pattern.Length ? $"the pattern's {JsonPart.Quote(pattern[_at..])}" : "a pattern that ends too early");
}
