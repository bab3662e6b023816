namespace Sera.Model.Tokenization.Chat;

/// <summary>
/// Source to tokens, with the whitespace rules under which Hugging Face renders: trim_blocks (the line break behind a block or
/// comment is dropped), lstrip_blocks (blanks before one that begins its line are dropped), "-" and "+" at either end of a tag,
/// and one line break at the end of the source dropped.
/// </summary>
internal sealed class TemplateLexer
{
    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private readonly TagLexer _tags;
    private int _at;
    private int _line = 1;
    private int _counted;
    private bool _lineStarts = true;

    private TemplateLexer(string source)
    {
        _source = source;
        _tags = new TagLexer(source);
    }

    public static List<TemplateToken> Read(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (source.EndsWith('\n')) source = source[..^1];
        var lexer = new TemplateLexer(source);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (NextTag() is var open && open >= 0)
        {
            var kind = _source[open + 1];
            if (kind == '%' && Tag(open, "raw") is { } rawEnd)
            {
                Data(open, blanksMatter: false);
                Move(rawEnd);
                _lineStarts = _source[rawEnd - 1] == '\n';
                Raw();
                continue;
            }
            Data(open, blanksMatter: kind == '{');
            Move(open + (Sign(open + 2) is '-' or '+' ? 3 : 2));
            if (kind == '#') Comment();
            else Inside(kind);
        }
        Emit(TokenKind.Data, _source[_at..]);
        Move(_source.Length);
        Emit(TokenKind.End, "");
    }

    // A template of many "{" must not be searched again from each of them.
    private int NextTag()
    {
        for (var at = _at; ; at++)
        {
            at = _source.IndexOf('{', at);
            if (at < 0 || at + 1 >= _source.Length) return -1;
            if (_source[at + 1] is '{' or '%' or '#') return at;
        }
    }

    private void Data(int end, bool blanksMatter)
    {
        var text = _source.AsSpan(_at, end - _at);
        switch (Sign(end + 2))
        {
            case '-':
                text = text[..PythonText.TrimmedEnd(text)];
                break;
            case not '+' when !blanksMatter:
                var lineBegin = text.LastIndexOf('\n') + 1;
                if ((lineBegin > 0 || _lineStarts) && PythonText.TrimmedEnd(text) <= lineBegin) text = text[..lineBegin];
                break;
        }
        Emit(TokenKind.Data, text.ToString());
    }

    private void Comment()
    {
        var close = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (close < 0) throw new TemplateException(TemplateFault.Syntax, _line, "a comment without its '#}'");
        var sign = close > _at ? _source[close - 1] : ' ';
        End(close + 2, sign, trimsLine: true);
    }

    private void Raw()
    {
        for (var at = _at; ; at++)
        {
            at = _source.IndexOf("{%", at, StringComparison.Ordinal);
            if (at < 0) throw new TemplateException(TemplateFault.Syntax, _line, "'raw' without its 'endraw'");
            if (Tag(at, "endraw") is not { } close) continue;
            Data(at, blanksMatter: false);
            End(close, _source[close - 3], trimsLine: true);
            return;
        }
    }

    // The place behind "{% word %}" that begins at 'open', or null where something else stands there.
    private int? Tag(int open, string word)
    {
        var at = open + 2;
        if (Sign(at) is '-' or '+') at++;
        at = Blanks(at);
        if (string.CompareOrdinal(_source, at, word, 0, word.Length) != 0) return null;
        at = Blanks(at + word.Length);
        if (Sign(at) is '-' || (Sign(at) is '+' && word == "endraw")) at++;
        if (string.CompareOrdinal(_source, at, "%}", 0, 2) != 0) return null;
        at += 2;
        return word == "raw" && _source[at - 3] == '-' ? Blanks(at) : at;
    }

    private void Inside(char kind)
    {
        var (begin, end, close) = kind == '{' ? (TokenKind.OutputBegin, TokenKind.OutputEnd, "}}") : (TokenKind.BlockBegin, TokenKind.BlockEnd, "%}");
        _tokens.Add(new TemplateToken(begin, close, _line));
        var open = new Stack<char>();
        while (true)
        {
            Move(Blanks(_at));
            if (_at >= _source.Length) throw new TemplateException(TemplateFault.Syntax, _line, $"a tag without its '{close}'");
            var sign = Sign(_at) is var first && (first == '-' || (first == '+' && kind == '%')) ? first : ' ';
            var at = sign == ' ' ? _at : _at + 1;
            if (open.Count == 0 && string.CompareOrdinal(_source, at, close, 0, 2) == 0)
            {
                Emit(end, close);
                End(at + 2, sign, trimsLine: kind == '%');
                return;
            }
            var token = _tags.Next(_at, _line, out var next);
            if (token.Kind == TokenKind.Operator) Balance(open, token);
            _tokens.Add(token);
            Move(next);
        }
    }

    // Inside brackets "}}" closes two maps, not the tag.
    private static void Balance(Stack<char> open, TemplateToken token)
    {
        if (token.Text is "(" or "[" or "{") open.Push(token.Text[0]);
        if (token.Text is not (")" or "]" or "}")) return;
        var expected = token.Text switch { ")" => '(', "]" => '[', _ => '{' };
        if (!open.TryPop(out var last) || last != expected) throw new TemplateException(TemplateFault.Syntax, token.Line, $"unexpected '{token.Text}'");
    }

    private void End(int at, char sign, bool trimsLine)
    {
        if (sign == '-') at = Blanks(at);
        else if (sign != '+' && trimsLine && Sign(at) == '\n') at++;
        Move(at);
        _lineStarts = _source[at - 1] == '\n';
    }

    private char Sign(int at) => at < _source.Length ? _source[at] : '\0';

    private int Blanks(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at])) at++;
        return at;
    }

    private void Move(int at)
    {
        _line += _source.AsSpan(_counted, at - _counted).Count('\n');
        (_at, _counted) = (at, at);
        _lineStarts = false;
    }

    private void Emit(TokenKind kind, string text)
    {
        if (kind != TokenKind.Data || text.Length > 0) _tokens.Add(new TemplateToken(kind, text, _line));
    }
}
