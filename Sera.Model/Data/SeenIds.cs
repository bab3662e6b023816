using System.Globalization;

namespace Sera.Model.Data;

/// <summary>
/// Which ids were there already, so that a file may have more of them than fit into memory as texts: 128 bits of each and its line, in 25 to 38 bytes;
/// of rows that are named by their line ("line-N") one bit.
/// </summary>
internal sealed class SeenIds
{
    private const string OfLine = "line-";

    private readonly HashTable _ids = new(numbered: true);
    private ulong[] _lines = new ulong[1 << 6];

    // Whether an id of the table reads like that of a line.
    private bool _likeLines;

    /// <returns>The line that has the id already; null where none has.</returns>
    public int? Add(string id, int line)
    {
        var named = LineOf(id);
        if (named is { } other && IsSet(other)) return other;
        if (named == line)
        {
            if (_likeLines && _ids.Find(TextHash.Of(id)) is { } first) return first;
            Set(line);
            return null;
        }
        var hash = TextHash.Of(id);
        if (!_ids.Add(hash, line)) return _ids.Find(hash);
        _likeLines |= named is not null;
        return null;
    }

    private static int? LineOf(string id) =>
        id.StartsWith(OfLine, StringComparison.Ordinal) && id.AsSpan(OfLine.Length) is [> '0' and <= '9', ..] digits
        && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? line : null;

    private bool IsSet(int line) => line >> 6 < _lines.Length && (_lines[line >> 6] >> (line & 63) & 1) != 0;

    private void Set(int line)
    {
        if (line >> 6 >= _lines.Length) Array.Resize(ref _lines, Math.Max(_lines.Length * 2, (line >> 6) + 1));
        _lines[line >> 6] |= 1UL << (line & 63);
    }
}
