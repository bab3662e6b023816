using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Generation;

/// <summary>
/// Sequences being decoded together over one cache. A prompt is computed once for all its samples. Rows that ended stay until a quarter
/// of the rows has, then the cache is compacted to the living. Owns its cache; borrows the model.
/// </summary>
internal sealed class DecodeBatch : IDisposable
{
    private readonly LlamaModel _model;
    private readonly GenerationRequest _request;
    private readonly ImmutableArray<DecodeRows> _plan;
    private readonly Sampler _sampler;
    private readonly int _drawable;
    private readonly IReadOnlySet<int> _stops;
    private readonly Sequence[] _sequences;
    private KvCache? _cache;
    private Sequence[] _rows = [];
    private int _living;

    /// <param name="drawable">Ids below this may be drawn.</param>
    public DecodeBatch(
        LlamaModel model, GenerationRequest request, ImmutableArray<DecodeRows> plan, Sampler sampler, int drawable, IReadOnlySet<int> stops)
    {
        (_model, _request, _plan, _sampler, _drawable, _stops) = (model, request, plan, sampler, drawable, stops);
        _sequences =
        [
            .. from rows in plan
               from k in Enumerable.Range(rows.FirstSample, rows.Samples)
               select new Sequence(rows, k, new SeededRandom(SeedTree.ForSample(request.Seed, request.Prompts[rows.Prompt].Id, k))),
        ];
    }

    public IReadOnlyList<Sequence> Sequences => _sequences;

    public bool Ended => _cache is not null && _living == 0;

    /// <summary>Computes the prompts and draws the first token of every response; the number of prompt tokens computed.</summary>
    public long Begin()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var prompts = _plan.Select(rows => _request.Prompts[rows.Prompt].Tokens).ToArray();
        _cache = new KvCache(_model.Config, prompts.Length, prompts.Max(p => p.Length), _model.Device, _model.DataType);
        var hidden = _model.Prefill(prompts, _cache);
        _rows = _sequences;
        _living = _rows.Length;
        var origin = _plan.SelectMany((rows, index) => Enumerable.Repeat((long)index, rows.Samples)).ToArray();
        Draw(_model.Head(hidden), row => (int)origin[row]);
        if (_living > 0) Keep(Enumerable.Range(0, _rows.Length).Where(i => !_rows[i].Ended), origin);
        return prompts.Sum(p => (long)p.Length);
    }

    /// <summary>One more token for every living row; how many were drawn.</summary>
    public int Step()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var drawn = _living;
        var logits = _model.Decode(tensor(_rows.Select(s => (long)s.Tokens[^1]).ToArray(), int64, _model.Device), _cache!);
        Draw(logits, row => row);
        if (_living > 0 && _living * 4 <= _rows.Length * 3)
            Keep(Enumerable.Range(0, _rows.Length).Where(i => !_rows[i].Ended), null);
        return drawn;
    }

    public void Dispose() => _cache?.Dispose();

    /// <param name="logits">[rows, vocabulary].</param>
    private void Draw(Tensor logits, Func<int, int> logitsRow)
    {
        var vocabulary = (int)logits.shape[1];
        var values = MemoryMarshal.Cast<byte, float>(logits.to(float32).cpu().contiguous().bytes);
        for (var row = 0; row < _rows.Length; row++)
        {
            var sequence = _rows[row];
            if (sequence.Ended) continue;
            sequence.Add(_sampler, values.Slice(logitsRow(row) * vocabulary, _drawable), _stops);
            if (sequence.Ended) _living--;
        }
    }

    /// <summary>Only these rows go on. <paramref name="origin"/>: the cache row of each row, where they are not the same yet.</summary>
    private void Keep(IEnumerable<int> rows, long[]? origin)
    {
        var kept = rows.ToArray();
        // The last token drawn is not in the cache yet, and the last one of a response never enters it.
        var columns = _cache!.Length + kept.Max(i => _rows[i].Rows.Limit - _rows[i].Tokens.Count);
        _cache.Reindex([.. kept.Select(i => origin is null ? i : origin[i])], columns);
        _rows = [.. kept.Select(i => _rows[i])];
    }

    /// <summary>One response being drawn.</summary>
    internal sealed class Sequence(DecodeRows rows, int sample, SeededRandom random)
    {
        private SeededRandom _random = random;

        public DecodeRows Rows { get; } = rows;

        public int Sample { get; } = sample;

        public List<int> Tokens { get; } = [];

        public bool Truncated { get; private set; }

        public bool Ended { get; private set; }

        public void Add(Sampler sampler, ReadOnlySpan<float> logits, IReadOnlySet<int> stops)
        {
            Tokens.Add(sampler.Draw(logits, _random.NextDouble()));
            if (stops.Contains(Tokens[^1])) Ended = true;
            else if (Tokens.Count == Rows.Limit) Ended = Truncated = true;
        }
    }
}
