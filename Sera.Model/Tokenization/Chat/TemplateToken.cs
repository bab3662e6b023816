namespace Sera.Model.Tokenization.Chat;

internal enum TokenKind
{
    Data,
    OutputBegin,
    OutputEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Whole,
    Decimal,
    Operator,
    End,
}

/// <param name="Text">Data and texts with their escapes resolved; names, numbers and operators as written.</param>
internal readonly record struct TemplateToken(TokenKind Kind, string Text, int Line)
{
    public bool Is(TokenKind kind, string text) => Kind == kind && Text == text;

    public string Shown => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.OutputEnd => "'}}'",
        TokenKind.BlockEnd => "'%}'",
        _ => $"'{Text}'",
    };
}
