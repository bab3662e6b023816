namespace Sera.Model.Tokenization.Chat;

/// <summary>The statements that chat templates use; another one is refused by name.</summary>
internal sealed class StatementParser
{
    private static readonly string[] Refused =
        ["include", "import", "from", "extends", "block", "call", "filter", "with", "autoescape", "do", "trans", "pluralize", "debug"];

    private readonly TokenCursor _cursor;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private StatementParser(List<TemplateToken> tokens)
    {
        _cursor = new TokenCursor(tokens);
        _expressions = new ExpressionParser(_cursor);
    }

    public static Statement[] Parse(string source)
    {
        var parser = new StatementParser(TemplateLexer.Read(source));
        return parser.Body("", out _);
    }

    // Statements up to the block that begins with one of these words, the word taken; "" = the end of the template.
    private Statement[] Body(string opened, out string word, params ReadOnlySpan<string> ends)
    {
        var line = _cursor.Line;
        var body = new List<Statement>();
        while (true)
        {
            var token = _cursor.Take();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new Literal(token.Line, token.Text));
                    break;
                case TokenKind.OutputBegin:
                    body.Add(new Output(token.Line, _expressions.ParseTuple()));
                    _cursor.Expect(TokenKind.OutputEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    word = _cursor.Expect(TokenKind.Name, "a statement").Text;
                    if (ends.Contains(word)) return [.. body];
                    var statement = word;
                    body.Add(_cursor.Deeper(() => Parse(statement, token.Line)));
                    break;
                default:
                    word = "";
                    return ends.IsEmpty ? [.. body] : throw new TemplateException(TemplateFault.Syntax, line, $"'{opened}' without its '{ends[^1]}'");
            }
        }
    }

    private Statement Parse(string word, int line)
    {
        switch (word)
        {
            case "if": return If(line);
            case "for": return For(line);
            case "set": return Set(line);
            case "macro": return Macro(line);
            case "generation":
                CloseTag();
                return new Group(line, Apart(word, "endgeneration"));
            case "break" or "continue":
                CloseTag();
                if (_loops == 0) throw new TemplateException(TemplateFault.Syntax, line, $"'{word}' outside of a loop");
                return word == "break" ? new Break(line) : new Continue(line);
            default:
                throw Refused.Contains(word)
                    ? new TemplateException(TemplateFault.Unsupported, line, $"the statement '{word}'")
                    : new TemplateException(TemplateFault.Syntax, line, $"the unknown or misplaced statement '{word}'");
        }
    }

    private void CloseTag() => _cursor.Expect(TokenKind.BlockEnd, "'%}'");

    private Statement[] Inner(string opened, string end)
    {
        var body = Body(opened, out _, end);
        CloseTag();
        return body;
    }

    private If If(int line)
    {
        var branches = new List<(Expression, Statement[])>();
        string word;
        do
        {
            var test = _expressions.ParseTuple();
            CloseTag();
            branches.Add((test, Body("if", out word, "elif", "else", "endif")));
        }
        while (word == "elif");
        CloseTag();
        return new If(line, [.. branches], word == "else" ? Inner("else", "endif") : []);
    }

    private For For(int line)
    {
        var targets = new List<string>();
        do targets.Add(Variable());
        while (_cursor.SkipOperator(",") && !_cursor.IsName("in"));
        if (!_cursor.SkipName("in")) throw _cursor.Unexpected("'in'");
        var items = _expressions.ParseTuple(conditional: false);
        var condition = _cursor.SkipName("if") ? _expressions.Parse() : null;
        if (_cursor.IsName("recursive")) throw _cursor.Fail(TemplateFault.Unsupported, "a recursive loop");
        CloseTag();
        _loops++;
        var body = Body("for", out var word, "else", "endfor");
        _loops--;
        CloseTag();
        return new For(line, [.. targets], items, condition, body, word == "else" ? Inner("else", "endfor") : []);
    }

    private Statement Set(int line)
    {
        var targets = new List<Target>();
        do
        {
            var name = Variable();
            targets.Add(new Target(name, _cursor.SkipOperator(".") ? _cursor.Expect(TokenKind.Name, "an attribute's name").Text : null));
        }
        while (_cursor.SkipOperator(","));
        if (_cursor.SkipOperator("="))
        {
            var value = _expressions.ParseTuple();
            CloseTag();
            return new Set(line, [.. targets], value);
        }
        var filters = new List<(string, ArgumentsOf)>();
        while (_cursor.SkipOperator("|")) filters.Add(_expressions.ParseFilter());
        if (targets.Count > 1) throw _cursor.Unexpected("'='");
        CloseTag();
        return new SetBlock(line, targets[0], [.. filters], Apart("set", "endset"));
    }

    private MacroOf Macro(int line)
    {
        var name = Variable();
        var parameters = new List<(string, Expression?)>();
        _cursor.ExpectOperator("(");
        while (!_cursor.SkipOperator(")"))
        {
            if (parameters.Count > 0) _cursor.ExpectOperator(",");
            if (_cursor.SkipOperator(")")) break;
            var parameter = Variable();
            parameters.Add((parameter, _cursor.SkipOperator("=") ? _expressions.Parse() : null));
        }
        CloseTag();
        return new MacroOf(line, name, [.. parameters], Apart("macro", "endmacro"));
    }

    // A body whose loop around it is not its own to leave.
    private Statement[] Apart(string opened, string end)
    {
        var loops = _loops;
        _loops = 0;
        var body = Inner(opened, end);
        _loops = loops;
        return body;
    }

    private string Variable()
    {
        var name = _cursor.Expect(TokenKind.Name, "a variable's name");
        return name.Text is "true" or "false" or "none" or "True" or "False" or "None" or "loop"
            ? throw new TemplateException(TemplateFault.Syntax, name.Line, $"a value for '{name.Text}'")
            : name.Text;
    }
}
