namespace Sera.Model.Tokenization;

/// <summary>What becomes of the matches of a pattern in a piece: the behaviors of a Split pre-tokenizer. Empty pieces are left out.</summary>
internal static class PieceSplit
{
    public static readonly string[] Behaviors = ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

    public static void Apply(TextPiece piece, List<(int Start, int End)> matches, string behavior, bool invert, List<TextPiece> pieces)
    {
        var parts = new List<(int Start, int End, bool Match)>((2 * matches.Count) + 1);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            if (done < start)
            {
                parts.Add((done, start, invert));
            }

            parts.Add((start, end, !invert));
            done = end;
        }

        if (done < piece.Length)
        {
            parts.Add((done, piece.Length, invert));
        }

        foreach (var (start, end) in Join(parts, behavior))
        {
            if (end > start)
            {
                pieces.Add(piece.Slice(start, end));
            }
        }
    }

    private static IEnumerable<(int Start, int End)> Join(List<(int Start, int End, bool Match)> parts, string behavior) => behavior switch
    {
        "Isolated" => parts.Select(part => (part.Start, part.End)),
        "Removed" => parts.Where(part => !part.Match).Select(part => (part.Start, part.End)),
        "MergedWithPrevious" => Merge(parts, (before, part) => part.Match && !before.Match),
        "MergedWithNext" => Merge(parts, (before, part) => before.Match && !part.Match),
        _ => Merge(parts, (before, part) => before.Match == part.Match),
    };

    private static List<(int Start, int End)> Merge(
        List<(int Start, int End, bool Match)> parts, Func<(int Start, int End, bool Match), (int Start, int End, bool Match), bool> together)
    {
        var merged = new List<(int Start, int End)>();
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0 && together(parts[i - 1], parts[i]))
            {
                merged[^1] = (merged[^1].Start, parts[i].End);
            }
            else
            {
                merged.Add((parts[i].Start, parts[i].End));
            }
        }

        return merged;
    }
}
