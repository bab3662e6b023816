using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sera.Model.Data.World;

/// <summary>SplitMix64 seeded from a seed and a label: the same on every platform and version of the runtime, which System.Random does not promise.</summary>
internal sealed class WorldRandom
{
    private ulong _state;

    public WorldRandom(ulong seed, string label)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"world\0{seed}\0{label}")));
        _state = BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }

    /// <summary>Uniform over 0 .. count-1.</summary>
    public int Next(int count) => (int)Math.BigMul(NextBits(), (ulong)count, out _);

    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>Uniform over the orders of the items (Fisher and Yates).</summary>
    public List<T> Shuffled<T>(IEnumerable<T> items)
    {
        var list = items.ToList();
        for (var i = list.Count - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
        return list;
    }

    /// <summary>Exactly round(share * count) times true, in random places.</summary>
    public List<bool> Marks(int count, double share)
    {
        var marked = (int)Math.Round(share * count, MidpointRounding.ToEven);
        return Shuffled(Enumerable.Range(0, count).Select(i => i < marked));
    }

    private ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
