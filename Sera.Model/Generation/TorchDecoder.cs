using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Generation;

/// <summary>
/// Decodes with libtorch, on any device. Rows that ended stay in the cache until a quarter of it has, because leaving them behind copies it.
/// </summary>
internal sealed class TorchDecoder(LlamaModel model) : IDecoder
{
    /// <summary>Columns a cache has to spare when it is made.</summary>
    private const int Room = 64;

    private KvCache? _cache;
    private int[] _places = []; // a row: its row in the cache

    public int Rows => _places.Length;

    public int Threads => 1;

    public void Admit(IReadOnlyList<(ImmutableArray<int> Prompt, int Samples)> prompts, LogitsReader read)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        ImmutableArray<int>[] tokens = [.. prompts.Select(p => p.Prompt)];
        var fresh = new KvCache(model.Config, tokens.Length, tokens.Max(p => p.Length), model.Device, model.DataType);
        var logits = model.Head(model.Prefill(tokens, fresh));
        long[] origins = [.. prompts.SelectMany((p, i) => Enumerable.Repeat((long)i, p.Samples))];
        (KvCache, IReadOnlyList<long>)[] parts = _cache is null ? [(fresh, origins)] : [(_cache, [.. _places.Select(p => (long)p)]), (fresh, origins)];
        var first = Rows;
        _cache = KvCache.Join(parts, Room);
        _places = [.. Enumerable.Range(0, first + origins.Length)];
        Read(logits, origins.Length, row => (int)origins[row], first, read);
    }

    public void Decode(ReadOnlySpan<int> tokens, LogitsReader read)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (_cache!.Length == _cache.Capacity) Compact();
        var all = new long[_cache.Rows]; // the rows that ended compute something that nobody reads
        for (var row = 0; row < tokens.Length; row++) all[_places[row]] = tokens[row];
        Read(model.Decode(DeviceTensors.Of(all, model.Device), _cache), Rows, row => _places[row], 0, read);
    }

    public void Keep(ReadOnlySpan<int> rows)
    {
        var kept = new int[rows.Length];
        for (var i = 0; i < kept.Length; i++) kept[i] = _places[rows[i]];
        _places = kept;
        if (kept.Length == 0)
        {
            _cache?.Dispose();
            _cache = null;
        }
        else if (kept.Length * 4 <= _cache!.Rows * 3)
        {
            Compact();
        }
    }

    public void Dispose() => _cache?.Dispose();

    private void Compact()
    {
        _cache = KvCache.Join([(_cache!, [.. _places.Select(p => (long)p)])], Room);
        _places = [.. Enumerable.Range(0, _places.Length)];
    }

    /// <param name="logits">[any, vocabulary].</param>
    private static void Read(Tensor logits, int rows, Func<int, int> place, int first, LogitsReader read)
    {
        var vocabulary = (int)logits.shape[1];
        var values = MemoryMarshal.Cast<byte, float>(logits.to(float32).cpu().contiguous().bytes);
        for (var row = 0; row < rows; row++) read(first + row, 0, values.Slice(place(row) * vocabulary, vocabulary));
    }
}
