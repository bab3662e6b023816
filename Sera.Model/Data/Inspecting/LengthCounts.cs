using System.Collections;

namespace Sera.Model.Data.Inspecting;

/// <summary>Lengths as how often each occurs, in ascending order: as exact as a list of all, in the memory of the different ones.</summary>
internal sealed class LengthCounts : IReadOnlyList<double>
{
    private readonly SortedDictionary<int, int> _counts = [];
    private (int Length, int End)[]? _ends;

    public int Count { get; private set; }

    public double this[int index]
    {
        get
        {
            _ends ??= Ends();
            var at = Array.FindIndex(_ends, end => index < end.End);
            return at < 0 ? throw new ArgumentOutOfRangeException(nameof(index)) : _ends[at].Length;
        }
    }

    public void Add(int length)
    {
        _counts[length] = _counts.GetValueOrDefault(length) + 1;
        Count++;
        _ends = null;
    }

    public IEnumerator<double> GetEnumerator() => _counts.SelectMany(count => Enumerable.Repeat((double)count.Key, count.Value)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private (int, int)[] Ends()
    {
        var end = 0;
        return [.. _counts.Select(count => (count.Key, end += count.Value))];
    }
}
