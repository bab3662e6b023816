using System.Runtime.InteropServices;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;

namespace Sera.Model.Generation.Cpu;

/// <summary>
/// Keys and values of 16 positions, of all layers and kv heads: [layers][kv heads][<see cref="DecodeAttentionKernel.BlockElements"/>]. Counted, because
/// the samples of a prompt share what they have in common.
/// </summary>
internal sealed unsafe class KvBlock(byte* data)
{
    public byte* Data => data;

    public int Users { get; set; }
}

/// <summary>The blocks of a decoder: taken from the system once, and then from those given back. Owns the memory. One thread at a time.</summary>
internal sealed unsafe class KvBlocks : IDisposable
{
    private readonly List<KvBlock> _all = [];
    private readonly Stack<KvBlock> _free = [];

    /// <param name="elementSize">Bytes of a number.</param>
    public KvBlocks(LlamaConfig config, int elementSize)
    {
        HeadBytes = (long)DecodeAttentionKernel.BlockElements(config.HeadSize) * elementSize;
        LayerBytes = HeadBytes * config.KvHeads;
        BlockBytes = LayerBytes * config.Layers;
    }

    public long HeadBytes { get; }

    public long LayerBytes { get; }

    public long BlockBytes { get; }

    /// <summary>Blocks taken from the system.</summary>
    public int Taken => _all.Count;

    public int Free => _free.Count;

    public KvBlock Take()
    {
        if (!_free.TryPop(out var block))
        {
            block = new KvBlock((byte*)NativeMemory.AlignedAlloc((nuint)BlockBytes, 64));
            _all.Add(block);
        }
        block.Users = 1;
        return block;
    }

    public void Release(KvBlock block)
    {
        if (--block.Users == 0) _free.Push(block);
    }

    public void Dispose()
    {
        foreach (var block in _all) NativeMemory.AlignedFree(block.Data);
        _all.Clear();
        _free.Clear();
    }
}

/// <summary>Where the keys and values of one sequence are. What is shared with others is never written: only whole blocks are shared.</summary>
internal sealed unsafe class KvSequence(KvBlocks blocks)
{
    private readonly List<KvBlock> _blocks = [];

    /// <summary>Positions filled.</summary>
    public int Length { get; private set; }

    public IReadOnlyList<KvBlock> Blocks => _blocks;

    /// <summary>Makes room for more positions at the end and counts them as filled.</summary>
    public void Grow(int positions)
    {
        Length += positions;
        while (_blocks.Count * DecodeAttentionKernel.Positions < Length) _blocks.Add(blocks.Take());
    }

    /// <summary>Another sequence that begins with the same tokens.</summary>
    public KvSequence Branch()
    {
        var branch = new KvSequence(blocks) { Length = Length };
        foreach (var block in _blocks) branch._blocks.Add(block);
        var whole = Length / DecodeAttentionKernel.Positions;
        foreach (var block in _blocks.Take(whole)) block.Users++;
        if (whole == _blocks.Count) return branch;
        var own = blocks.Take();
        Buffer.MemoryCopy(_blocks[whole].Data, own.Data, blocks.BlockBytes, blocks.BlockBytes);
        branch._blocks[whole] = own;
        return branch;
    }

    public void Release()
    {
        foreach (var block in _blocks) blocks.Release(block);
        _blocks.Clear();
    }
}
