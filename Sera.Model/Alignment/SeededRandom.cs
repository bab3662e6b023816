using System.Numerics;

namespace Sera.Model.Alignment;

/// <summary>
/// xoshiro256** (Blackman, Vigna 2018), its four words filled by SplitMix64 from one seed. The same seed gives the same numbers on every machine and
/// in every version of .NET, which System.Random does not promise. A mutable struct: keep it in a local or pass it by ref.
/// </summary>
public struct SeededRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    public SeededRandom(ulong seed)
    {
        _s0 = SeedTree.Mix(seed += Golden);
        _s1 = SeedTree.Mix(seed += Golden);
        _s2 = SeedTree.Mix(seed += Golden);
        _s3 = SeedTree.Mix(seed + Golden);
    }

    internal SeededRandom(ulong s0, ulong s1, ulong s2, ulong s3)
    {
        (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);
    }

    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 .. bound-1 without bias (Lemire 2019).</summary>
    public int NextBelow(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var range = (ulong)bound;
        var threshold = (0 - range) % range;
        while (true)
        {
            var high = Math.BigMul(NextUInt64(), range, out var low);
            if (low >= threshold)
            {
                return (int)high;
            }
        }
    }

    /// <summary>Fisher-Yates from the last item down.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextBelow(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
