using Sera.Model.Data.Sources;

namespace Sera.Model.Data;

/// <summary>A row that cannot be used.</summary>
/// <param name="Line">As of a TextRow; 0 where the trouble is the file as a whole.</param>
/// <param name="Reason">One of <see cref="BadRowReasons"/>.</param>
/// <param name="Place">The file, and the line or row in it; null where it is the line of the file that was named.</param>
public sealed record RowProblem(int Line, string Reason, InputException Error, RowPlace? Place = null)
{
    /// <summary>One line: file and line, what was found, what was expected, what to do.</summary>
    public string Message => Error.Message;
}
