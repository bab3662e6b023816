namespace Sera.Model.Tokenization.Chat;

/// <summary>Where a parser stands among the tokens, and how deep it is in them.</summary>
internal sealed class TokenCursor(List<TemplateToken> tokens)
{
    private int _at;
    private int _depth;

    public TemplateToken Current => tokens[_at];

    public TemplateToken Next => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public int Line => Current.Line;

    public TemplateToken Take()
    {
        var token = Current;
        if (token.Kind != TokenKind.End) _at++;
        return token;
    }

    public bool IsOperator(string text) => Current.Is(TokenKind.Operator, text);

    public bool IsName(string text) => Current.Is(TokenKind.Name, text);

    public bool SkipOperator(string text) => Skip(IsOperator(text));

    public bool SkipName(string text) => Skip(IsName(text));

    public void ExpectOperator(string text)
    {
        if (!SkipOperator(text)) throw Unexpected($"'{text}'");
    }

    public TemplateToken Expect(TokenKind kind, string what) => Current.Kind == kind ? Take() : throw Unexpected(what);

    public TemplateException Unexpected(string expected) => Fail(TemplateFault.Syntax, $"{Current.Shown} where {expected} should be");

    public TemplateException Fail(TemplateFault fault, string found) => new(fault, Line, found);

    /// <summary>Parses one level deeper; a source that nests without end must not exhaust the stack.</summary>
    public T Deeper<T>(Func<T> parse)
    {
        if (++_depth > TemplateLimits.Depth) throw Fail(TemplateFault.Limit, $"more than {TemplateLimits.Depth} levels of nesting");
        var parsed = parse();
        _depth--;
        return parsed;
    }

    private bool Skip(bool there)
    {
        if (there) Take();
        return there;
    }
}
