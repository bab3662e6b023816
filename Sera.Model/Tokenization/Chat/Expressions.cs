namespace Sera.Model.Tokenization.Chat;

// Chains of one precedence are one node, so that "a + b + c + ..." is not as deep as it is long.

/// <param name="Line">Of the template, from 1.</param>
internal abstract record Expression(int Line);

internal sealed record Constant(int Line, Value Value) : Expression(Line);

internal sealed record Name(int Line, string Of) : Expression(Line);

internal sealed record ListOf(int Line, Expression[] Items, SequenceKind Kind) : Expression(Line);

internal sealed record MapOf(int Line, (Expression Key, Expression Value)[] Items) : Expression(Line);

internal sealed record Attribute(int Line, Expression Of, string Name) : Expression(Line);

internal sealed record Item(int Line, Expression Of, Expression Key) : Expression(Line);

internal sealed record Slice(int Line, Expression Of, Expression? Start, Expression? Stop, Expression? Step) : Expression(Line);

internal sealed record Call(int Line, Expression Of, ArgumentsOf Arguments) : Expression(Line);

internal sealed record FilterOf(int Line, Expression Of, string Name, ArgumentsOf Arguments) : Expression(Line);

internal sealed record TestOf(int Line, Expression Of, string Name, ArgumentsOf Arguments, bool Negated) : Expression(Line);

internal sealed record Not(int Line, Expression Of) : Expression(Line);

internal sealed record Signed(int Line, Expression Of, bool Negative) : Expression(Line);

internal sealed record Arithmetic(int Line, Expression First, (string Operator, Expression Value)[] Rest) : Expression(Line);

internal sealed record Comparison(int Line, Expression First, (string Operator, Expression Value)[] Rest) : Expression(Line);

internal sealed record Joined(int Line, Expression[] Items) : Expression(Line);

internal sealed record AnyOf(int Line, Expression[] Items) : Expression(Line);

internal sealed record AllOf(int Line, Expression[] Items) : Expression(Line);

internal sealed record Conditional(int Line, Expression Test, Expression Then, Expression? Else) : Expression(Line);

internal sealed record ArgumentsOf(Expression[] Positional, (string Name, Expression Value)[] Named)
{
    public static ArgumentsOf None { get; } = new([], []);
}
