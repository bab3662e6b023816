using System.Text.Json;
using Sera.Model.Data.Sources;

namespace Sera.Model.Data;

/// <summary>One pass over the rows of a path, a row at a time: parsed, or a problem.</summary>
/// <param name="recognise">Tells the shape by the first row that can be read.</param>
/// <param name="accepted">Shapes that will do; the first is taken where none is recognised, so that its parser says what is missing.</param>
internal sealed class RowReading<T>(string path, Func<JsonElement, RowShape?> recognise, RowShape[] accepted, RowParser<T> parse) : IDisposable
    where T : TextRow
{
    private readonly SeenIds _ids = new();
    private IEnumerator<RawRow>? _rows;

    public RowOrigin Origin { get; } = new(path);

    public RowShape? Shape { get; private set; }

    /// <summary>What the row gave; empty where it is a problem.</summary>
    public T[] Rows { get; private set; } = [];

    public RowProblem? Problem { get; private set; }

    /// <summary>Reads on.</summary>
    /// <returns>false at the end.</returns>
    /// <exception cref="InputException">Trouble with a file as a whole.</exception>
    public bool Next()
    {
        _rows ??= FileRows.Read(Origin).GetEnumerator();
        (Rows, Problem) = ([], null);
        if (!_rows.MoveNext()) return false;
        var number = _rows.Current.Number;
        try
        {
            Rows = Parsed(_rows.Current);
        }
        catch (BadRowException e)
        {
            var error = Origin.Error(number, e.Found, e.Expected, Remedy(Shape ?? accepted[0]));
            Problem = new RowProblem(number, e.Reason, error, Origin.Place(number));
        }
        return true;
    }

    public void Dispose() => _rows?.Dispose();

    private T[] Parsed(RawRow raw)
    {
        if (raw.Bad is { } bad) throw bad;
        using var document = RowDocument.Parse(raw.Json);
        Shape ??= recognise(document.RootElement) is { } shape && accepted.Contains(shape) ? shape : accepted[0];
        var rows = parse(Origin, document.RootElement, raw.Number, Shape.Value);
        foreach (var row in rows)
        {
            if (_ids.Add(row.Id, raw.Number) is not { } first) continue;
            var (here, there) = (Origin.Place(raw.Number), Origin.Place(first));
            var where = here.File != there.File ? $"in {there}" : there.IsLine ? $"in line {there.Number}" : $"in row {there.Number}";
            throw new BadRowException(BadRowReasons.DuplicateId, $"the id '{row.Id}' stands already {where}", "an id of its own for each row");
        }
        return rows;
    }

    private static string Remedy(RowShape shape) => shape is RowShape.Examples or RowShape.Evaluation or RowShape.Labels
        ? "correct or remove the row"
        : "correct or remove the row, or leave such rows out with data.on-bad-row = drop";
}
