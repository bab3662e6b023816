namespace Sera.Model.Data.Sources;

/// <summary>
/// The files behind a path of rows. Rows have one number each, which runs on from file to file, so that it names a row of a folder; of one file
/// it is the line or row.
/// </summary>
public sealed class RowOrigin(string path)
{
    private readonly List<(int Before, string File, bool Lines)> _files = [];

    /// <summary>As it was given.</summary>
    public string Path { get; } = path;

    /// <summary>The next file begins.</summary>
    /// <param name="before">The last number that was used.</param>
    internal void Enter(string file, bool lines, int before) => _files.Add((before, file, lines));

    /// <summary>Where the row of a number stands.</summary>
    public RowPlace Place(int number)
    {
        if (number == 0 || _files.Count == 0) return new RowPlace(Path, number, true);
        var (before, file, lines) = _files[_files.FindLastIndex(file => file.Before < number)];
        return new RowPlace(file, number - before, lines);
    }

    internal InputException Error(int number, string found, string expected, string remedy) => new(Place(number).ToString(), found, expected, remedy);
}
