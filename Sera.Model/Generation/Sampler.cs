using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sera.Model.Alignment;
using Sera.Model.Kernels;

namespace Sera.Model.Generation;

/// <summary>
/// Draws the next token from a row of fp32 logits: temperature, then top-k, then top-p, the order of the common generators. The k most
/// likely tokens are kept; of what is left, the shortest prefix in falling probability that holds at least p of the mass. Equal logits
/// rank by the lower id. Temperature 0 is the most likely token. A pure function of (row, u); holds scratch memory, so one thread at a time.
/// </summary>
public sealed class Sampler
{
    private const int Block = 256;
    private readonly SamplingOptions _options;
    private readonly float[] _weights;
    private readonly double[] _sums; // of each block of weights
    private readonly Candidate[] _candidates;

    public Sampler(SamplingOptions options, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Temperature);
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.TopP);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.TopP, 1);
        _options = options;
        _weights = new float[vocabularySize];
        _sums = new double[(vocabularySize + Block - 1) / Block];
        _candidates = new Candidate[vocabularySize];
    }

    /// <param name="logits">One row, the vocabulary long.</param>
    /// <param name="u">Uniform in [0, 1).</param>
    /// <exception cref="NotFiniteNumberException">The row holds a NaN or its largest logit is infinite.</exception>
    public int Draw(ReadOnlySpan<float> logits, double u)
    {
        var (best, index) = Largest(logits);
        if (!float.IsFinite(best)) throw new NotFiniteNumberException("the policy's logits are not finite");
        if (_options.Temperature == 0 || _options.TopK == 1) return index;
        var whole = _options.TopK == 0 || _options.TopK >= logits.Length;
        if (whole && _options.TopP >= 1)
        {
            var total = Weigh(logits, best);
            return Walk(logits.Length, u * total);
        }
        int kept;
        double mass;
        if (whole)
        {
            mass = Weigh(logits, best);
            kept = AboveTail(logits.Length, mass);
        }
        else
        {
            kept = MostLikely(logits);
            mass = Weigh(kept, best);
        }
        var ranked = _candidates.AsSpan(0, kept);
        ranked.Sort();
        return Pick(ranked, mass, u);
    }

    /// <summary>Largest value and its first index; NaN anywhere gives NaN.</summary>
    private static (float Value, int Index) Largest(ReadOnlySpan<float> logits)
    {
        var best = float.NegativeInfinity;
        var blocks = MemoryMarshal.Cast<float, Vector512<float>>(logits);
        // Max propagates NaN, so one bad logit is seen.
        var max = Vector512.Create(best);
        foreach (var block in blocks) max = Vector512.Max(max, block);
        for (var lane = 0; lane < 16; lane++) best = MathF.Max(best, max[lane]);
        foreach (var logit in logits[(blocks.Length * 16)..]) best = MathF.Max(best, logit);
        return (best, float.IsNaN(best) ? -1 : logits.IndexOf(best));
    }

    /// <summary>exp((logit - best) / temperature) of every token; their sum, and that of each block.</summary>
    private double Weigh(ReadOnlySpan<float> logits, float best)
    {
        var scale = (float)(1 / _options.Temperature);
        var (top, factor) = (Vector512.Create(best), Vector512.Create(scale));
        var total = 0.0;
        for (var first = 0; first < logits.Length; first += Block)
        {
            var from = logits[first..Math.Min(first + Block, logits.Length)];
            var to = _weights.AsSpan(first, from.Length);
            var sums = Vector512<float>.Zero;
            var i = 0;
            for (; i + 16 <= from.Length; i += 16)
            {
                var weight = VectorMath.Exp((Vector512.Create(from[i..]) - top) * factor);
                weight.CopyTo(to[i..]);
                sums += weight;
            }
            var sum = Vector512.Sum(sums);
            for (; i < from.Length; i++)
            {
                to[i] = MathF.Exp((from[i] - best) * scale);
                sum += to[i];
            }
            total += _sums[first / Block] = sum;
        }
        return total;
    }

    private double Weigh(int kept, float best)
    {
        var scale = 1 / _options.Temperature;
        var sum = 0.0;
        foreach (ref var candidate in _candidates.AsSpan(0, kept))
        {
            candidate = candidate with { Weight = (float)Math.Exp((candidate.Weight - best) * scale) };
            sum += candidate.Weight;
        }
        return sum;
    }

    /// <summary>The token at which the weights up to it exceed the target: by blocks, then within one.</summary>
    private int Walk(int count, double target)
    {
        var block = 0;
        for (; (block + 1) * Block < count && target >= _sums[block]; block++) target -= _sums[block];
        // Rounding may leave a target beyond the block's end, or in a block of no weight; then it is the last token before that has any.
        var end = Math.Min(count, (block + 1) * Block);
        for (var i = block * Block; i < end; i++)
        {
            target -= _weights[i];
            if (target < 0) return i;
        }
        return _weights.AsSpan(0, end).LastIndexOfAnyExcept(0f);
    }

    /// <summary>
    /// Tokens that can be in the nucleus: all whose weight is at most (1 - p) * mass / n weigh together at most (1 - p) * mass, so the
    /// nucleus lies within the others and only those need sorting.
    /// </summary>
    private int AboveTail(int count, double mass)
    {
        var least = (float)((1 - _options.TopP) * mass / count);
        var kept = 0;
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            // Few of a vocabulary pass: most vectors are done with one comparison.
            for (var passed = Vector512.GreaterThanOrEqual(Vector512.Create(_weights, i), Vector512.Create(least)).ExtractMostSignificantBits(); passed != 0; passed &= passed - 1)
                Keep(i + BitOperations.TrailingZeroCount(passed));
        }
        for (; i < count; i++)
            if (_weights[i] >= least) Keep(i);
        return kept;

        void Keep(int token) => _candidates[kept++] = new Candidate(_weights[token], token);
    }

    /// <summary>The k largest logits, by a heap whose root is the least likely of those kept.</summary>
    private int MostLikely(ReadOnlySpan<float> logits)
    {
        var k = _options.TopK;
        var heap = _candidates.AsSpan(0, k);
        for (var i = 0; i < k; i++) heap[i] = new Candidate(logits[i], i);
        for (var i = k / 2 - 1; i >= 0; i--) Sink(heap, i);
        for (var i = k; i < logits.Length; i++)
        {
            if (i + 16 <= logits.Length && !Vector512.GreaterThanAny(Vector512.Create(logits[i..]), Vector512.Create(heap[0].Weight)))
            {
                i += 15;
                continue;
            }
            if (logits[i] <= heap[0].Weight) continue; // an equal logit with a higher id ranks below
            heap[0] = new Candidate(logits[i], i);
            Sink(heap, 0);
        }
        return k;
    }

    private static void Sink(Span<Candidate> heap, int at)
    {
        while (true)
        {
            var worst = at;
            for (var child = 2 * at + 1; child <= 2 * at + 2 && child < heap.Length; child++)
                if (heap[child].CompareTo(heap[worst]) > 0) worst = child;
            if (worst == at) return;
            (heap[at], heap[worst]) = (heap[worst], heap[at]);
            at = worst;
        }
    }

    private int Pick(ReadOnlySpan<Candidate> ranked, double mass, double u)
    {
        var nucleus = 0;
        var held = 0.0;
        while (nucleus < ranked.Length && (nucleus == 0 || held < _options.TopP * mass)) held += ranked[nucleus++].Weight;
        var target = u * held;
        for (var i = 0; i < nucleus; i++)
        {
            target -= ranked[i].Weight;
            if (target < 0) return ranked[i].Token;
        }
        return ranked[nucleus - 1].Token;
    }

    /// <summary>Sorts by falling weight, then rising id.</summary>
    private readonly record struct Candidate(float Weight, int Token) : IComparable<Candidate>
    {
        public int CompareTo(Candidate other) =>
            Weight > other.Weight ? -1 : Weight < other.Weight ? 1 : Token.CompareTo(other.Token);
    }
}
