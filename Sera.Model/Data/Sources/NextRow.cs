namespace Sera.Model.Data.Sources;

/// <summary>Which row a reader is at, so that trouble with the file can be told where it is.</summary>
internal sealed class NextRow
{
    /// <summary>As <see cref="RawRow.Number"/>: of lines the one in which the row begins that is read now.</summary>
    public int Number { get; set; } = 1;
}
