using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>
/// Keys and values of a batch being decoded, owned by whoever decodes it. All rows share columns: prompts are padded at the left so that
/// they end in the same column, and every decoded token takes the next column in every row. One thread at a time.
/// </summary>
public sealed class KvCache : IDisposable
{
    private readonly Tensor[] _keys;   // a layer: [rows, kv heads, capacity, head size]
    private readonly Tensor[] _values; // the same
    private readonly LlamaConfig _config;
    private readonly Device _device;
    private readonly ScalarType _type;
    private long[] _starts = [];
    private Tensor? _startTensor; // [rows] int64
    private Tensor? _hidden;      // [rows, 1, 1, capacity]: negative infinity left of a row's first token; null when no row is padded

    /// <param name="capacity">Columns: longest prompt plus the tokens to decode.</param>
    public KvCache(LlamaConfig config, long rows, long capacity, Device device, ScalarType type = ScalarType.Float32)
        : this(config, rows, capacity, device, type, allocate: true)
    {
        SetStarts(new long[rows]);
    }

    private KvCache(LlamaConfig config, long rows, long capacity, Device device, ScalarType type, bool allocate)
    {
        (_config, _device, _type, Rows, Capacity) = (config, device, type, rows, capacity);
        (_keys, _values) = (new Tensor[config.Layers], new Tensor[config.Layers]);
        for (var i = 0; allocate && i < config.Layers; i++) (_keys[i], _values[i]) = (Allocate(), Allocate());
    }

    public long Rows { get; }

    public long Capacity { get; }

    /// <summary>Columns filled.</summary>
    public long Length { get; internal set; }

    /// <summary>First column of each row that holds a token.</summary>
    public IReadOnlyList<long> Starts => _starts;

    /// <summary>Bytes held by keys and values.</summary>
    public long Bytes => 2L * (_type == ScalarType.Float32 ? 4 : 2) * _config.Layers * Rows * _config.KvHeads * Capacity * _config.HeadSize;

    /// <summary>Positions of the tokens in the next column, [rows]; the caller's scope owns them.</summary>
    internal Tensor NextPositions()
    {
        using var length = Scalars.Once(Length);
        var positions = _startTensor!.neg().add(length);
        // Rows that ended go on beyond the context, where positions have no vectors; nobody reads what they compute.
        return _config.LearnedPositions ? positions.clamp_max_(Scalars.Kept(_config.Context - 1L)) : positions;
    }

    /// <summary>Mask of the filled columns and the one being written, [rows, 1, 1, columns], or null; the caller's scope owns it.</summary>
    internal Tensor? DecodeMask(long columns) => _hidden?.narrow(3, 0, columns);

    internal void SetStarts(long[] starts)
    {
        using var scope = NewDisposeScope();
        _startTensor?.Dispose();
        _hidden?.Dispose();
        _starts = starts;
        _startTensor = tensor(starts, int64, _device).DetachFromDisposeScope();
        _hidden = null;
        if (starts.All(s => s == 0)) return;
        var before = Scalars.Range(Capacity, _device).unsqueeze(0) < _startTensor.unsqueeze(1);
        _hidden = zeros([Rows, Capacity], _type, _device).masked_fill_(before, Scalars.NegativeInfinity).view(Rows, 1, 1, Capacity).DetachFromDisposeScope();
    }

    /// <summary>Writes a prompt into one row of one layer, to end at column <paramref name="end"/>; keys and values as [kv heads, tokens, head size].</summary>
    internal void Fill(int layer, long row, long end, Tensor key, Tensor value)
    {
        var count = key.shape[1];
        _keys[layer].select(0, row).narrow(1, end - count, count).copy_(key);
        _values[layer].select(0, row).narrow(1, end - count, count).copy_(value);
    }

    /// <summary>Writes columns of one layer and returns all columns up to their end, [rows, kv heads, columns, head size].</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value)
    {
        var added = key.shape[2];
        _keys[layer].narrow(2, Length, added).copy_(key);
        _values[layer].narrow(2, Length, added).copy_(value);
        return (_keys[layer].narrow(2, 0, Length + added), _values[layer].narrow(2, 0, Length + added));
    }

    /// <summary>
    /// One cache of rows of others, each taken any number of times: to draw several responses from one prompt, to leave finished sequences behind, to
    /// let new ones join. All end in the same column; columns that no row needs are left out. The others are disposed, a layer at a time.
    /// </summary>
    /// <param name="room">Columns after the last that is filled.</param>
    public static KvCache Join(IReadOnlyList<(KvCache Cache, IReadOnlyList<long> Rows)> parts, long room)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var some = parts[0].Cache;
        long[] lengths = [.. parts.SelectMany(p => p.Rows.Select(r => p.Cache.Length - p.Cache._starts[r]))];
        var length = lengths.Max();
        var joined = new KvCache(some._config, lengths.Length, length + room, some._device, some._type, allocate: false) { Length = length };
        joined.SetStarts([.. lengths.Select(l => length - l)]);
        long[] firsts = new long[parts.Count];
        for (var i = 1; i < firsts.Length; i++) firsts[i] = firsts[i - 1] + parts[i - 1].Rows.Count;
        var indices = parts.Select(p => tensor(p.Rows.ToArray(), int64, some._device)).ToArray();
        for (var layer = 0; layer < some._config.Layers; layer++)
        {
            joined._keys[layer] = joined.Allocate();
            joined._values[layer] = joined.Allocate();
            for (var i = 0; i < parts.Count; i++)
            {
                var cache = parts[i].Cache;
                var columns = Math.Min(length, cache.Length);
                Copy(cache._keys[layer], joined._keys[layer]);
                Copy(cache._values[layer], joined._values[layer]);
                cache._keys[layer].Dispose();
                cache._values[layer].Dispose();

                void Copy(Tensor from, Tensor to) => to.narrow(0, firsts[i], parts[i].Rows.Count).narrow(2, length - columns, columns)
                    .copy_(from.narrow(2, cache.Length - columns, columns).index_select(0, indices[i]));
            }
        }
        foreach (var (cache, _) in parts) cache.Dispose();
        return joined;
    }

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values)) tensor.Dispose();
        _startTensor?.Dispose();
        _hidden?.Dispose();
    }

    private Tensor Allocate() => zeros([Rows, _config.KvHeads, Capacity, _config.HeadSize], _type, _device).DetachFromDisposeScope();
}
