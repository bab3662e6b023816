namespace Sera.Model.Data;

/// <summary>A row that cannot be used.</summary>
/// <param name="Line">From 1; 0 where the trouble is the file as a whole.</param>
/// <param name="Reason">One of <see cref="BadRowReasons"/>.</param>
public sealed record RowProblem(int Line, string Reason, InputException Error)
{
    /// <summary>One line: file and line, what was found, what was expected, what to do.</summary>
    public string Message => Error.Message;
}
