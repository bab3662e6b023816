using System.Runtime.InteropServices;

namespace Sera.Model.Tokenization;

/// <summary>How often each pair of neighbours occurs in a corpus of counted words, kept right while pairs are merged.</summary>
internal sealed class PairCounts
{
    private readonly (List<int> Symbols, long Count)[] _words;
    private readonly Dictionary<(int, int), long> _counts = [];
    private readonly Dictionary<(int, int), HashSet<int>> _wordsOf = [];
    private readonly PriorityQueue<(int Left, int Right), (long NegativeCount, int Left, int Right)> _queue = new();

    public PairCounts((List<int> Symbols, long Count)[] words)
    {
        _words = words;
        for (var word = 0; word < words.Length; word++)
        {
            Count(word, 1, []);
        }

        foreach (var (pair, count) in _counts)
        {
            Enqueue(pair, count);
        }
    }

    /// <returns>The most frequent pair, of equal ones that with the lower ids; null when none occurs <paramref name="least"/> times.</returns>
    public (int Left, int Right)? TakeMostFrequent(long least)
    {
        while (_queue.TryDequeue(out var pair, out var priority))
        {
            var count = _counts.GetValueOrDefault(pair);
            if (count < least)
            {
                continue;
            }

            // Counts change while an entry waits; it goes back to where it now belongs.
            if (count == -priority.NegativeCount)
            {
                return pair;
            }

            Enqueue(pair, count);
        }

        return null;
    }

    public void Merge(int left, int right, int merged)
    {
        var changed = new HashSet<(int, int)>();
        foreach (var word in _wordsOf[(left, right)].ToArray())
        {
            Count(word, -1, changed);
            var symbols = _words[word].Symbols;
            var kept = 0;
            for (var i = 0; i < symbols.Count; i++)
            {
                var both = i + 1 < symbols.Count && symbols[i] == left && symbols[i + 1] == right;
                symbols[kept++] = both ? merged : symbols[i];
                i += both ? 1 : 0;
            }

            symbols.RemoveRange(kept, symbols.Count - kept);
            Count(word, 1, changed);
        }

        foreach (var pair in changed.Where(pair => _counts.GetValueOrDefault(pair) > 0))
        {
            Enqueue(pair, _counts[pair]);
        }
    }

    private void Count(int word, int sign, HashSet<(int, int)> changed)
    {
        var (symbols, count) = _words[word];
        for (var i = 0; i + 1 < symbols.Count; i++)
        {
            var pair = (symbols[i], symbols[i + 1]);
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += sign * count;
            var words = CollectionsMarshal.GetValueRefOrAddDefault(_wordsOf, pair, out _) ??= [];
            _ = sign > 0 ? words.Add(word) : words.Remove(word);
            changed.Add(pair);
        }
    }

    private void Enqueue((int Left, int Right) pair, long count) => _queue.Enqueue(pair, (-count, pair.Left, pair.Right));
}
