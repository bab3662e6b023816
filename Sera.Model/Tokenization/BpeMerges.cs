namespace Sera.Model.Tokenization;

/// <summary>The merges of a byte-pair encoding (Sennrich et al. 2016): lowest rank first, of equal ranks the leftmost.</summary>
internal sealed class BpeMerges
{
    private readonly Dictionary<long, (int Rank, int Id)> _merges;

    public BpeMerges(int capacity) => _merges = new Dictionary<long, (int, int)>(capacity);

    /// <summary>A pair named twice keeps its last rank.</summary>
    public void Add(int left, int right, int rank, int id) => _merges[Key(left, right)] = (rank, id);

    /// <summary>Merges symbols in place until no merge applies: n log n in their number.</summary>
    public void Apply(List<int> symbols)
    {
        if (symbols.Count < 2)
        {
            return;
        }

        var ids = symbols.ToArray();
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<int, long>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            next[i] = i + 1 < ids.Length ? i + 1 : -1;
            previous[i] = i - 1;
        }

        for (var i = 0; i + 1 < ids.Length; i++)
        {
            Offer(queue, ids, i, i + 1);
        }

        while (queue.TryDequeue(out var left, out var priority))
        {
            var right = ids[left] < 0 ? -1 : next[left];
            // An entry is stale once either side has been merged into something else.
            if (right < 0 || !_merges.TryGetValue(Key(ids[left], ids[right]), out var merge) || merge.Rank != priority >> 32)
            {
                continue;
            }

            ids[left] = merge.Id;
            ids[right] = -1;
            next[left] = next[right];
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
                Offer(queue, ids, left, next[left]);
            }

            if (previous[left] >= 0)
            {
                Offer(queue, ids, previous[left], left);
            }
        }

        symbols.Clear();
        for (var i = 0; i >= 0; i = next[i])
        {
            symbols.Add(ids[i]);
        }
    }

    private void Offer(PriorityQueue<int, long> queue, int[] ids, int left, int right)
    {
        if (_merges.TryGetValue(Key(ids[left], ids[right]), out var merge))
        {
            queue.Enqueue(left, ((long)merge.Rank << 32) | (uint)left);
        }
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
