using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Generation.Cpu;

/// <summary>
/// Decodes on the CPU with kernels of its own: prompts by libtorch, which is good at many tokens at once, and then a token of every sequence at a time
/// by <see cref="CpuForward{T}"/>, where libtorch's calls would cost more than their work. What a sequence gets does not depend on the others.
/// </summary>
internal sealed class CpuDecoder<T> : IDecoder
    where T : struct, IElement
{
    private readonly LlamaModel _model;
    private readonly ThreadTeam _team;
    private readonly KvBlocks _blocks;
    private readonly CpuForward<T> _forward;
    private List<KvSequence> _rows = [];

    /// <param name="capacity">Most rows at once.</param>
    public CpuDecoder(LlamaModel model, int capacity, int threads, int elementSize)
    {
        _model = model;
        _team = new ThreadTeam(threads);
        _blocks = new KvBlocks(model.Config, elementSize);
        _forward = new CpuForward<T>(model, _team, _blocks, capacity);
    }

    public int Rows => _rows.Count;

    public int Threads => _team.Size;

    public void Admit(IReadOnlyList<(ImmutableArray<int> Prompt, int Samples)> prompts, LogitsReader read)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var sequences = prompts.Select(p => Begun(p.Prompt.Length)).ToArray();
        var states = _model.LastStates([.. prompts.Select(p => p.Prompt)], within => new FillingAttention(_model.Config, _blocks, sequences, within));
        var logits = _model.Compute.Logits(states, _model.Output); // [prompts, vocabulary]
        var values = MemoryMarshal.Cast<byte, float>(logits.bytes);
        for (var i = 0; i < sequences.Length; i++)
        {
            var own = values.Slice(i * _model.Config.VocabularySize, _model.Config.VocabularySize);
            for (var k = 0; k < prompts[i].Samples; k++)
            {
                read(_rows.Count, 0, own);
                _rows.Add(k == 0 ? sequences[i] : sequences[i].Branch());
            }
        }
    }

    public void Decode(ReadOnlySpan<int> tokens, LogitsReader read) => _forward.Run(_rows, tokens.ToArray(), read);

    public void Keep(ReadOnlySpan<int> rows)
    {
        var kept = new List<KvSequence>(rows.Length);
        var next = 0;
        for (var row = 0; row < _rows.Count; row++)
        {
            if (next < rows.Length && rows[next] == row)
            {
                kept.Add(_rows[row]);
                next++;
            }
            else
            {
                _rows[row].Release();
            }
        }
        _rows = kept;
    }

    public void Dispose()
    {
        _team.Dispose();
        _forward.Dispose();
        _blocks.Dispose();
    }

    private KvSequence Begun(int length)
    {
        var sequence = new KvSequence(_blocks);
        sequence.Grow(length);
        return sequence;
    }

    /// <summary>Attention within the prompts that leaves their keys and values in the blocks.</summary>
    private sealed unsafe class FillingAttention(LlamaConfig config, KvBlocks blocks, KvSequence[] sequences, IAttention within) : IAttention
    {
        public Tensor Attend(int layer, Tensor qkv)
        {
            var data = TensorMemory.At(qkv);
            var first = 0L;
            foreach (var sequence in sequences)
            {
                var start = first;
                VectorMath.ForRows(sequence.Length, 2 * config.KeySize, (from, count) => Fill(layer, data, start, sequence, from, from + count));
                first += sequence.Length;
            }
            return within.Attend(layer, qkv);
        }

        private void Fill(int layer, byte* qkv, long start, KvSequence sequence, long from, long end)
        {
            var width = config.QuerySize + 2L * config.KeySize;
            for (var position = from; position < end; position++)
            {
                var block = sequence.Blocks[(int)(position / DecodeAttentionKernel.Positions)].Data + layer * blocks.LayerBytes;
                for (var head = 0; head < config.KvHeads; head++)
                {
                    var key = (start + position) * width + config.QuerySize + (long)head * config.HeadSize;
                    DecodeAttentionKernel.Append<T, T>(
                        block + head * blocks.HeadBytes, (int)(position % DecodeAttentionKernel.Positions), qkv, key, qkv, key + config.KeySize, config.HeadSize);
                }
            }
        }
    }
}
