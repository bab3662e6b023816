namespace Sera.Model.Tokenization.Chat;

/// <param name="Line">Of the template, from 1.</param>
internal abstract record Statement(int Line);

internal sealed record Literal(int Line, string Text) : Statement(Line);

internal sealed record Output(int Line, Expression Value) : Statement(Line);

internal sealed record If(int Line, (Expression Test, Statement[] Body)[] Branches, Statement[] Else) : Statement(Line);

/// <param name="Condition">Leaves items out before the loop counts them; null = none.</param>
internal sealed record For(int Line, string[] Targets, Expression Items, Expression? Condition, Statement[] Body, Statement[] Else) : Statement(Line);

internal sealed record Set(int Line, Target[] Targets, Expression Value) : Statement(Line);

/// <param name="Filters">Applied to the text of the body, in this order.</param>
internal sealed record SetBlock(int Line, Target Target, (string Name, ArgumentsOf Arguments)[] Filters, Statement[] Body) : Statement(Line);

internal sealed record MacroOf(int Line, string Name, (string Name, Expression? Default)[] Parameters, Statement[] Body) : Statement(Line);

internal sealed record Break(int Line) : Statement(Line);

internal sealed record Continue(int Line) : Statement(Line);

/// <summary>A body with variables of its own: {% generation %}, which marks the assistant's text and prints it unchanged.</summary>
internal sealed record Group(int Line, Statement[] Body) : Statement(Line);

/// <param name="Attribute">Of a namespace; null = the variable itself.</param>
internal readonly record struct Target(string Name, string? Attribute);
