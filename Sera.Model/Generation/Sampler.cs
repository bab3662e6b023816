using System.Numerics;
using System.Runtime.InteropServices;
using Sera.Model.Alignment;

namespace Sera.Model.Generation;

/// <summary>
/// Draws the next token from a row of fp32 logits: temperature, then top-k, then top-p, the order of the common generators. The k most
/// likely tokens are kept; of what is left, the shortest prefix in falling probability that holds at least p of the mass. Equal logits
/// rank by the lower id. Temperature 0 is the most likely token. A pure function of (row, u); holds scratch memory, so one thread at a time.
/// </summary>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly float[] _weights;
    private readonly Candidate[] _candidates;

    public Sampler(SamplingOptions options, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Temperature);
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.TopP);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.TopP, 1);
        _options = options;
        _weights = new float[vocabularySize];
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
            var total = Weigh(logits, best, _weights);
            return Walk(logits.Length, u * total);
        }
        int kept;
        double mass;
        if (whole)
        {
            mass = Weigh(logits, best, _weights);
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
        var lanes = Vector<float>.Count;
        var i = 0;
        var best = float.NegativeInfinity;
        if (logits.Length >= lanes)
        {
            // Vector.Max propagates NaN, so one bad logit is seen.
            var blocks = MemoryMarshal.Cast<float, Vector<float>>(logits);
            var max = blocks[0];
            foreach (var block in blocks[1..]) max = Vector.Max(max, block);
            for (var lane = 0; lane < lanes; lane++) best = MathF.Max(best, max[lane]);
            i = blocks.Length * lanes;
        }
        for (; i < logits.Length; i++) best = MathF.Max(best, logits[i]);
        return (best, float.IsNaN(best) ? -1 : logits.IndexOf(best));
    }

    /// <summary>exp((logit - best) / temperature) of every token into <paramref name="weights"/>; their sum.</summary>
    private double Weigh(ReadOnlySpan<float> logits, float best, Span<float> weights)
    {
        var scale = (float)(1 / _options.Temperature);
        var sum = 0.0;
        var i = 0;
        var blocks = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var targets = MemoryMarshal.Cast<float, Vector<float>>(weights);
        var top = new Vector<float>(best);
        for (var b = 0; b < blocks.Length; b++)
        {
            targets[b] = Vector.Exp((blocks[b] - top) * scale);
            sum += Vector.Sum(targets[b]);
        }
        for (i = blocks.Length * Vector<float>.Count; i < logits.Length; i++)
        {
            weights[i] = MathF.Exp((logits[i] - best) * scale);
            sum += weights[i];
        }
        return sum;
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

    private int Walk(int count, double target)
    {
        var last = 0;
        for (var i = 0; i < count; i++)
        {
            if (_weights[i] == 0) continue;
            last = i;
            target -= _weights[i];
            if (target < 0) return i;
        }
        return last;
    }

    /// <summary>
    /// Tokens that can be in the nucleus: all whose weight is at most (1 - p) * mass / n weigh together at most (1 - p) * mass, so the
    /// nucleus lies within the others and only those need sorting.
    /// </summary>
    private int AboveTail(int count, double mass)
    {
        var least = (float)((1 - _options.TopP) * mass / count);
        var kept = 0;
        for (var i = 0; i < count; i++)
            if (_weights[i] >= least) _candidates[kept++] = new Candidate(_weights[i], i);
        return kept;
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
