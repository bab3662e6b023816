namespace Sera.Model.Data.Sources;

/// <summary>Where a row stands.</summary>
/// <param name="Number">From 1; 0 = the file as a whole.</param>
/// <param name="IsLine">Whether the number is of a line; of a JSON array or a Parquet file it is the row's.</param>
public readonly record struct RowPlace(string File, int Number, bool IsLine)
{
    /// <summary>file:line, or file: row number.</summary>
    public override string ToString() => Number == 0 ? File : IsLine ? $"{File}:{Number}" : $"{File}: row {Number}";
}
