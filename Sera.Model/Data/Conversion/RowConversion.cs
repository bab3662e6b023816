using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data.Sources;

namespace Sera.Model.Data.Conversion;

/// <summary>Data of any shape and format into the canonical one, as a stream; the new file is whole or not there.</summary>
/// <param name="Source">As it was given.</param>
/// <param name="Announcement">One line: what was recognised, how many rows were written, how many left out and why.</param>
/// <param name="Rows">Written.</param>
/// <param name="LeftOut">Rows of the source that are none, by reason.</param>
public sealed record RowConversion(string Source, string To, RowShape? Shape, string Announcement, int Rows, ImmutableSortedDictionary<string, int> LeftOut)
{
    /// <param name="to">.jsonl, .jsonl.gz, .jsonl.zst or .parquet; an older file of this name is replaced.</param>
    /// <exception cref="InputException">A bad row that is not to be left out, trouble with a file, no row that can be used, or another ending of the name.</exception>
    public static RowConversion Convert(string source, string to, BadRows onBadRow)
    {
        var kind = DataFiles.Kind(to);
        var packing = Path.GetExtension(to).ToLowerInvariant() is var ending && ending != kind ? ending : "";
        if (kind is not ".jsonl" && (kind, packing) is not (".parquet", ""))
            throw new InputException("--out", to, "a name that ends with .jsonl, .jsonl.gz, .jsonl.zst or .parquet", "choose one");
        var leftOut = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = 0;
        RowShape? shape = null;
        InputException? first = null;
        DurableFile.Write(to, stream =>
        {
            using IRowWriter writer = kind == ".parquet" ? new ParquetRowWriter(stream) : new JsonLinesWriter(stream, packing);
            (shape, _) = RowReader.Each(source, Row, Problem, handOn: true);
            if (rows == 0) throw first!;

            void Row(TextRow row)
            {
                writer.Write(row);
                rows++;
            }
        });
        var counts = leftOut.ToImmutableSortedDictionary(StringComparer.Ordinal);
        return new RowConversion(source, to, shape, RowShapes.Announce(source, shape, rows, counts), rows, counts);

        void Problem(RowProblem problem)
        {
            first ??= problem.Error;
            if (onBadRow == BadRows.Refuse || problem.Reason == BadRowReasons.File) throw problem.Error;
            leftOut[problem.Reason] = leftOut.GetValueOrDefault(problem.Reason) + 1;
        }
    }
}
