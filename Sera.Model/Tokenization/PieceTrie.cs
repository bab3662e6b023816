namespace Sera.Model.Tokenization;

/// <summary>
/// The pieces of a vocabulary by their UTF-8 bytes. Nodes are numbered level by level, so the children of one stand side
/// by side, and those of the next right behind them: nine bytes a node.
/// </summary>
internal sealed class PieceTrie
{
    public const int Root = 0;

    private readonly byte[] _labels;
    private readonly int[] _firstChild;
    private readonly int[] _ids;

    /// <param name="pieces">UTF-8 of each id's piece; none twice. An empty one is never found.</param>
    public PieceTrie(byte[][] pieces)
    {
        var order = Enumerable.Range(0, pieces.Length).Where(id => pieces[id].Length > 0).ToArray();
        Array.Sort(order, (a, b) => pieces[a].AsSpan().SequenceCompareTo(pieces[b]));
        var (labels, firstChild, ids) = (new List<byte> { 0 }, new List<int>(), new List<int> { -1 });
        // A node is a range of the ordered pieces: those that begin with its bytes.
        var level = new List<(int Start, int End)> { (0, order.Length) };
        for (var depth = 0; level.Count > 0; depth++)
        {
            var next = new List<(int Start, int End)>();
            foreach (var (start, end) in level)
            {
                firstChild.Add(labels.Count);
                var from = start;
                while (from < end && pieces[order[from]].Length == depth)
                {
                    from++;
                }

                while (from < end)
                {
                    var label = pieces[order[from]][depth];
                    var to = from + 1;
                    while (to < end && pieces[order[to]][depth] == label)
                    {
                        to++;
                    }

                    labels.Add(label);
                    ids.Add(pieces[order[from]].Length == depth + 1 ? order[from] : -1);
                    next.Add((from, to));
                    from = to;
                }
            }

            level = next;
        }

        firstChild.Add(labels.Count);
        (_labels, _firstChild, _ids) = ([.. labels], [.. firstChild], [.. ids]);
    }

    /// <returns>The node one byte on; -1 where no piece goes on so.</returns>
    public int Next(int node, byte label)
    {
        var first = _firstChild[node];
        var at = _labels.AsSpan(first, _firstChild[node + 1] - first).IndexOf(label);
        return at < 0 ? -1 : first + at;
    }

    /// <returns>The id of the piece that ends at the node; -1 where none does.</returns>
    public int IdAt(int node) => _ids[node];

    /// <returns>The id of a whole piece; -1 where the vocabulary lacks it.</returns>
    public int Find(ReadOnlySpan<byte> piece)
    {
        var node = Root;
        foreach (var label in piece)
        {
            node = Next(node, label);
            if (node < 0)
            {
                return -1;
            }
        }

        return IdAt(node);
    }
}
