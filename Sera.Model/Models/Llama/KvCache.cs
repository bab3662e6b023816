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
    {
        (_config, _device, _type, Rows, Capacity) = (config, device, type, rows, capacity);
        (_keys, _values) = (new Tensor[config.Layers], new Tensor[config.Layers]);
        for (var i = 0; i < config.Layers; i++) (_keys[i], _values[i]) = (Allocate(), Allocate());
        SetStarts(new long[rows]);
    }

    public long Rows { get; private set; }

    public long Capacity { get; private set; }

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
        return _startTensor!.neg().add(length);
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
    /// The cache becomes the given rows of itself, each any number of times, with a new capacity: to draw several responses from one
    /// prompt, and to leave finished sequences behind. Holds one layer twice while it works.
    /// </summary>
    public void Reindex(IReadOnlyList<long> rows, long capacity)
    {
        if (capacity < Length) throw new ArgumentException($"capacity {capacity} is less than the {Length} columns filled", nameof(capacity));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var index = tensor(rows.ToArray(), int64, _device);
        (Rows, Capacity) = (rows.Count, capacity);
        for (var i = 0; i < _keys.Length; i++)
        {
            _keys[i] = Take(_keys[i], index);
            _values[i] = Take(_values[i], index);
        }
        SetStarts([.. rows.Select(r => _starts[r])]);
    }

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values)) tensor.Dispose();
        _startTensor?.Dispose();
        _hidden?.Dispose();
    }

    private Tensor Take(Tensor old, Tensor index)
    {
        var fresh = Allocate();
        if (Length > 0) fresh.narrow(2, 0, Length).copy_(old.narrow(2, 0, Length).index_select(0, index));
        old.Dispose();
        return fresh;
    }

    private Tensor Allocate() => zeros([Rows, _config.KvHeads, Capacity, _config.HeadSize], _type, _device).DetachFromDisposeScope();
}
