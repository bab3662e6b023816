using System.Globalization;

namespace Sera.Model.Tokenization.Chat;

/// <summary>Expressions, with the precedences of Jinja 3.1: filters bind closest, then powers, products, "~", sums, comparisons, not, and, or, if.</summary>
internal sealed class ExpressionParser(TokenCursor cursor)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <param name="conditional">Whether "a if b else c" is one; a loop's items end at its "if".</param>
    public Expression Parse(bool conditional = true) => cursor.Deeper(() => conditional ? Conditional() : Or());

    /// <summary>An expression, or several with commas between: a tuple.</summary>
    public Expression ParseTuple(bool conditional = true)
    {
        var line = cursor.Line;
        var first = Parse(conditional);
        if (!cursor.IsOperator(",")) return first;
        var items = new List<Expression> { first };
        while (cursor.SkipOperator(",") && !AtEnd()) items.Add(Parse(conditional));
        return new ListOf(line, [.. items], SequenceKind.Tuple);
    }

    public ArgumentsOf ParseArguments()
    {
        cursor.ExpectOperator("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        while (!cursor.SkipOperator(")"))
        {
            if (positional.Count + named.Count > 0) cursor.ExpectOperator(",");
            if (cursor.SkipOperator(")")) break;
            if (cursor.IsOperator("*") || cursor.IsOperator("**")) throw cursor.Fail(TemplateFault.Unsupported, "arguments unpacked with '*'");
            if (cursor.Current.Kind == TokenKind.Name && cursor.Next.Is(TokenKind.Operator, "="))
            {
                var name = cursor.Take().Text;
                cursor.Take();
                named.Add((name, Parse()));
            }
            else
            {
                if (named.Count > 0) throw cursor.Fail(TemplateFault.Syntax, "an argument without a name behind one with a name");
                positional.Add(Parse());
            }
        }
        return new ArgumentsOf([.. positional], [.. named]);
    }

    /// <summary>The name of a filter and its arguments, behind "|" or "filter".</summary>
    public (string Name, ArgumentsOf Arguments) ParseFilter()
    {
        var line = cursor.Line;
        var name = cursor.Expect(TokenKind.Name, "a filter's name").Text;
        if (!Filters.Known(name)) throw new TemplateException(TemplateFault.Unsupported, line, $"the filter '{name}'");
        return (name, cursor.IsOperator("(") ? ParseArguments() : ArgumentsOf.None);
    }

    private bool AtEnd() =>
        cursor.Current.Kind is TokenKind.OutputEnd or TokenKind.BlockEnd or TokenKind.End || cursor.IsOperator(")") || cursor.IsOperator("=");

    private Expression Conditional()
    {
        var line = cursor.Line;
        var value = Or();
        for (var depth = 0; cursor.SkipName("if"); depth++)
        {
            if (depth == TemplateLimits.Depth) throw cursor.Fail(TemplateFault.Limit, $"more than {TemplateLimits.Depth} conditions behind one another");
            var test = Or();
            value = new Conditional(line, test, value, cursor.SkipName("else") ? cursor.Deeper(Conditional) : null);
        }
        return value;
    }

    private Expression Or() => Several(And, "or", (line, items) => new AnyOf(line, items));

    private Expression And() => Several(Negation, "and", (line, items) => new AllOf(line, items));

    private Expression Several(Func<Expression> part, string word, Func<int, Expression[], Expression> join)
    {
        var line = cursor.Line;
        var first = part();
        if (!cursor.IsName(word)) return first;
        var items = new List<Expression> { first };
        while (cursor.SkipName(word)) items.Add(part());
        return join(line, [.. items]);
    }

    private Expression Negation()
    {
        var line = cursor.Line;
        return cursor.SkipName("not") ? new Not(line, cursor.Deeper(Negation)) : Compared();
    }

    private Expression Compared()
    {
        var line = cursor.Line;
        var first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (cursor.Current.Kind == TokenKind.Operator && Comparisons.Contains(cursor.Current.Text)) rest.Add((cursor.Take().Text, Sum()));
            else if (cursor.SkipName("in")) rest.Add(("in", Sum()));
            else if (cursor.IsName("not") && cursor.Next.Is(TokenKind.Name, "in"))
            {
                cursor.Take();
                cursor.Take();
                rest.Add(("not in", Sum()));
            }
            else return rest.Count == 0 ? first : new Comparison(line, first, [.. rest]);
        }
    }

    private Expression Sum() => Chain(Joined, "+", "-");

    private Expression Joined()
    {
        var line = cursor.Line;
        var first = Product();
        if (!cursor.IsOperator("~")) return first;
        var items = new List<Expression> { first };
        while (cursor.SkipOperator("~")) items.Add(Product());
        return new Joined(line, [.. items]);
    }

    private Expression Product() => Chain(Power, "*", "/", "//", "%");

    private Expression Power() => Chain(() => Unary(filters: true), "**");

    private Expression Chain(Func<Expression> part, params string[] operators)
    {
        var line = cursor.Line;
        var first = part();
        var rest = new List<(string, Expression)>();
        while (cursor.Current.Kind == TokenKind.Operator && operators.Contains(cursor.Current.Text)) rest.Add((cursor.Take().Text, part()));
        return rest.Count == 0 ? first : new Arithmetic(line, first, [.. rest]);
    }

    private Expression Unary(bool filters)
    {
        var line = cursor.Line;
        var signed = cursor.IsOperator("-") || cursor.IsOperator("+");
        var value = signed
            ? new Signed(line, Negative: cursor.Take().Text == "-", Of: cursor.Deeper(() => Unary(filters: false)))
            : Primary();
        value = Followed(value, () => cursor.IsOperator(".") || cursor.IsOperator("[") || cursor.IsOperator("("), Postfix);
        return filters ? Followed(value, () => cursor.IsOperator("|") || cursor.IsName("is") || cursor.IsOperator("("), FilterOrTest) : value;
    }

    // Each of them wraps the one before, so that many make a deep expression.
    private Expression Followed(Expression value, Func<bool> more, Func<Expression, Expression> wrap)
    {
        for (var depth = 0; more(); depth++)
        {
            if (depth == TemplateLimits.Depth) throw cursor.Fail(TemplateFault.Limit, $"more than {TemplateLimits.Depth} attributes, calls or filters behind one another");
            value = wrap(value);
        }
        return value;
    }

    private Expression Postfix(Expression value)
    {
        var line = cursor.Line;
        if (cursor.IsOperator("(")) return new Call(line, value, ParseArguments());
        if (cursor.SkipOperator("["))
        {
            var item = Subscript(line, value);
            cursor.ExpectOperator("]");
            return item;
        }
        cursor.ExpectOperator(".");
        var name = cursor.Take();
        return name.Kind switch
        {
            TokenKind.Name => new Attribute(line, value, name.Text),
            TokenKind.Whole => new Item(line, value, new Constant(line, new IntValue(long.Parse(name.Text, CultureInfo.InvariantCulture)))),
            _ => throw cursor.Unexpected("an attribute's name"),
        };
    }

    private Expression Subscript(int line, Expression value)
    {
        Expression? start = cursor.IsOperator(":") ? null : Parse();
        if (!cursor.SkipOperator(":"))
            return cursor.IsOperator(",") ? throw cursor.Fail(TemplateFault.Unsupported, "a subscript of several parts") : new Item(line, value, start!);
        Expression? stop = cursor.IsOperator(":") || cursor.IsOperator("]") ? null : Parse();
        var step = cursor.SkipOperator(":") && !cursor.IsOperator("]") ? Parse() : null;
        return new Slice(line, value, start, stop, step);
    }

    private Expression FilterOrTest(Expression value)
    {
        var line = cursor.Line;
        if (cursor.IsOperator("(")) return new Call(line, value, ParseArguments());
        if (cursor.SkipOperator("|"))
        {
            var (filter, arguments) = ParseFilter();
            return new FilterOf(line, value, filter, arguments);
        }
        cursor.Take();
        var negated = cursor.SkipName("not");
        var name = cursor.Expect(TokenKind.Name, "a test's name").Text;
        if (!Tests.Known(name)) throw new TemplateException(TemplateFault.Unsupported, line, $"the test '{name}'");
        return new TestOf(line, value, name, TestArguments(), negated);
    }

    // A test's one argument may stand without parentheses: "x is divisibleby 3".
    private ArgumentsOf TestArguments()
    {
        if (cursor.IsOperator("(")) return ParseArguments();
        var bare = cursor.Current.Kind is TokenKind.Text or TokenKind.Whole or TokenKind.Decimal || cursor.IsOperator("[") || cursor.IsOperator("{")
            || (cursor.Current.Kind == TokenKind.Name && cursor.Current.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not"));
        if (!bare) return ArgumentsOf.None;
        var value = Followed(Primary(), () => cursor.IsOperator(".") || cursor.IsOperator("[") || cursor.IsOperator("("), Postfix);
        return new ArgumentsOf([value], []);
    }

    private Expression Primary()
    {
        var token = cursor.Take();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new Constant(token.Line, BoolValue.True),
                    "false" or "False" => new Constant(token.Line, BoolValue.False),
                    "none" or "None" => new Constant(token.Line, NoneValue.Only),
                    _ => new Name(token.Line, token.Text),
                };
            case TokenKind.Text:
                var parts = new List<string> { token.Text };
                while (cursor.Current.Kind == TokenKind.Text) parts.Add(cursor.Take().Text);
                return new Constant(token.Line, new TextValue(string.Concat(parts)));
            case TokenKind.Whole:
                return new Constant(token.Line, new IntValue(long.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Decimal:
                return new Constant(token.Line, new FloatValue(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                var inner = cursor.IsOperator(")") ? new ListOf(token.Line, [], SequenceKind.Tuple) : ParseTuple();
                cursor.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return new ListOf(token.Line, Items("]", () => Parse()), SequenceKind.List);
            case TokenKind.Operator when token.Text == "{":
                return new MapOf(token.Line, Items("}", Pair));
            default:
                throw new TemplateException(TemplateFault.Syntax, token.Line, $"{token.Shown} where an expression should be");
        }
    }

    private (Expression Key, Expression Value) Pair()
    {
        var key = Parse();
        cursor.ExpectOperator(":");
        return (key, Parse());
    }

    private T[] Items<T>(string close, Func<T> item)
    {
        var items = new List<T>();
        while (!cursor.SkipOperator(close))
        {
            if (items.Count > 0) cursor.ExpectOperator(",");
            if (cursor.SkipOperator(close)) break;
            items.Add(item());
        }
        return [.. items];
    }
}
