namespace Sera.Model.Data.Sources;

/// <summary>A row of any file as one JSON object, not looked into.</summary>
/// <param name="Number">The line of its file, from 1; of a JSON array or a Parquet file the row.</param>
/// <param name="Json">UTF-8; valid until the next row is asked for.</param>
/// <param name="Bad">Why the row is none, where its file says so already.</param>
internal readonly record struct RawRow(int Number, ReadOnlyMemory<byte> Json, BadRowException? Bad = null)
{
    /// <summary>Bytes that a row may have; no file of texts has one so long, and a few kilobytes of gzip can claim one.</summary>
    public const int MaxBytes = 1 << 26;

    // Gzip packs a thousand blank lines into a byte, which would be read for hours.
    private const int MostBlank = 1 << 20;

    /// <summary>Counts blank lines in a row; a row ends the count.</summary>
    /// <exception cref="SourceException">They are too many.</exception>
    public static int AfterBlank(int blank) =>
        blank < MostBlank ? blank + 1 : throw new SourceException($"more than {MostBlank} blank lines, one after another", "rows", "check the file");

    public static SourceException TooLong() => new(
        $"a row of more than {MaxBytes >> 20} MiB", "rows of texts", "correct or remove it; a file that is one such row may be no file of rows");
}
