using System.Collections.Concurrent;

namespace Sera.Model.Tokenization;

/// <summary>The ids of short pieces that were met before: most words of a text are. Bounded; safe for many threads.</summary>
internal sealed class PieceCache
{
    private const int LongestPiece = 48;
    private const int MostPieces = 1 << 16;

    private readonly ConcurrentDictionary<string, int[]> _pieces = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private int _count;

    public PieceCache() => _bySpan = _pieces.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Appends the ids of a piece where it is known.</summary>
    public bool TryAppend(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > LongestPiece || !_bySpan.TryGetValue(piece, out var known))
        {
            return false;
        }

        ids.AddRange(known);
        return true;
    }

    public void Add(ReadOnlySpan<char> piece, ReadOnlySpan<int> ids)
    {
        if (piece.Length <= LongestPiece && _count < MostPieces)
        {
            Interlocked.Increment(ref _count);
            _bySpan.TryAdd(piece, ids.ToArray());
        }
    }
}
