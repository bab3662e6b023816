using Sera.Model.Kernels;
using Sera.Model.Models.Llama;

namespace Sera.Model.Generation.Cpu;

/// <summary>
/// The forward pass of one token in each of some sequences. The threads of a team go through it side by side: each computes its share of the outputs
/// of a product, its share of the (row, head) pairs of an attention, its share of the rows of anything else, and meets the others in between.
/// Activations are fp32 whatever the parameters are; keys and values are stored as the parameters are.
/// </summary>
/// <typeparam name="T">Storage of parameters, keys and values.</typeparam>
internal sealed unsafe class CpuForward<T> : IDisposable
    where T : struct, IElement
{
    private readonly LlamaConfig _config;
    private readonly ThreadTeam _team;
    private readonly KvBlocks _blocks;
    private readonly Layer[] _layers;
    private readonly byte* _embedding;
    private readonly byte* _positions;
    private readonly float _embeddingScale;
    private readonly Norm _finalNorm;
    private readonly DecodeLinear<T> _head;
    private readonly float[] _frequencies, _slidingFrequencies;
    private readonly float _magnitude, _shift;
    private readonly NativeFloats _memory = new();
    private readonly int _logitRows;
    private readonly float* _x, _normal, _second, _delta, _qkv, _mixed, _gateUp, _gated, _low, _cos, _sin, _slidingCos, _slidingSin, _scales, _logits;
    private readonly float*[] _scores;
    private readonly nint[][] _pointers;

    /// <param name="rows">Most sequences at once.</param>
    public CpuForward(LlamaModel model, ThreadTeam team, KvBlocks blocks, int rows)
    {
        (_config, _team, _blocks) = (model.Config, team, blocks);
        _layers = [.. model.Layers.Select(l => new Layer(
            new(l.InputNorm), new(l.Qkv), new(l.Output), new(l.AttentionNorm), new(l.GateUp), new(l.Down),
            At(l.HeadNorms?.Query), At(l.HeadNorms?.Key), At(l.AttentionOutputNorm?.Norm), At(l.FeedForwardOutputNorm?.Norm),
            !_config.UnturnedLayers.Contains(l.Index), _config.Slides(l.Index)))];
        _embedding = TensorMemory.At(model.EmbeddingWeight);
        _positions = model.PositionWeight is { } positionWeight ? TensorMemory.At(positionWeight) : null;
        _finalNorm = new(model.FinalNorm);
        _embeddingScale = model.EmbeddingScale;
        _shift = model.FinalNorm.Shift;
        _head = new DecodeLinear<T>(new AdaptedLinear(model.HeadWeight, null, null));
        _magnitude = (float)(_config.RopeScaling?.Magnitude ?? 1);
        _frequencies = [.. Rotary.Frequencies(_config).Select(f => (float)f)];
        _slidingFrequencies = _config.SlidingRopeTheta is null ? [] : [.. Rotary.Frequencies(_config, slides: true).Select(f => (float)f)];
        long hidden = _config.HiddenSize, inner = _config.IntermediateSize;
        _x = Rows(hidden);
        _normal = Rows(hidden);
        _second = _config.ParallelResidual ? Rows(hidden) : _normal;
        _delta = Rows(hidden);
        _qkv = Rows(_config.QuerySize + 2 * _config.KeySize);
        _mixed = Rows(_config.QuerySize);
        _gateUp = Rows(_config.InnerSize);
        _gated = Rows(inner);
        _low = Rows(_layers.Max(l => new[] { l.Qkv.Low, l.Output.Low, l.GateUp.Low, l.Down.Low }.Max()));
        _cos = Rows(_frequencies.Length);
        _sin = Rows(_frequencies.Length);
        _slidingCos = _slidingFrequencies.Length == 0 ? _cos : Rows(_slidingFrequencies.Length);
        _slidingSin = _slidingFrequencies.Length == 0 ? _sin : Rows(_slidingFrequencies.Length);
        _scales = Rows(1);
        _logitRows = (int)Math.Clamp(TorchKernels.LogitElements / _config.VocabularySize, 1, rows);
        _logits = _memory.Take((long)_logitRows * _config.VocabularySize);
        _scores = new float*[team.Size];
        _pointers = new nint[team.Size][];
        var positions = (_config.Context + 1 + DecodeAttentionKernel.Positions) / DecodeAttentionKernel.Positions * DecodeAttentionKernel.Positions;
        for (var i = 0; i < team.Size; i++)
        {
            _scores[i] = _memory.Take(positions);
            _pointers[i] = new nint[positions / DecodeAttentionKernel.Positions];
        }

        float* Rows(long size) => _memory.Take(rows * size);

        static nint At(NormWeight? norm) => norm is null ? 0 : (nint)TensorMemory.At(norm.Weight);
    }

    /// <summary>Grows every sequence by its token.</summary>
    /// <param name="tokens">A sequence each.</param>
    public void Run(IReadOnlyList<KvSequence> sequences, int[] tokens, LogitsReader read)
    {
        foreach (var sequence in sequences) sequence.Grow(1);
        _team.Run(thread => Share(thread, sequences, tokens, read));
    }

    public void Dispose() => _memory.Dispose();

    private void Share(int thread, IReadOnlyList<KvSequence> sequences, int[] tokens, LogitsReader read)
    {
        var rows = sequences.Count;
        var (firstRow, endRow) = _team.Part(thread, rows);
        Begin(sequences, tokens, firstRow, endRow);
        float* added = null;
        for (var i = 0; i < _layers.Length; i++)
        {
            var layer = _layers[i];
            Normalize(added, layer.InputNorm, _normal, firstRow, endRow);
            if (_config.ParallelResidual) Normalize(null, layer.AttentionNorm, _second, firstRow, endRow);
            _team.Meet();
            Linear(layer.Qkv, _normal, _qkv, rows, thread);
            _team.Meet();
            Attend(thread, i, sequences);
            _team.Meet();
            Linear(layer.Output, _mixed, _delta, rows, thread);
            _team.Meet();
            NormalizeOutput(layer.AttentionOutputNorm, firstRow, endRow);
            if (_config.ParallelResidual) Add(_delta, firstRow, endRow);
            else Normalize(_delta, layer.AttentionNorm, _second, firstRow, endRow);
            _team.Meet();
            GateUp(layer.GateUp, rows, thread);
            _team.Meet();
            Linear(layer.Down, _gated, _delta, rows, thread);
            _team.Meet();
            NormalizeOutput(layer.FeedForwardOutputNorm, firstRow, endRow);
            added = _delta;
        }
        Normalize(added, _finalNorm, _normal, firstRow, endRow);
        for (var at = 0; at < rows; at += _logitRows)
        {
            _team.Meet();
            var count = Math.Min(_logitRows, rows - at);
            var (first, end) = _team.Part(thread, _head.Outputs, 16);
            _head.Apply(_normal + (long)at * _config.HiddenSize, count, null, _logits, first, end);
            for (var row = 0L; _config.LogitCap > 0 && row < count; row++)
                CapKernel.Forward<F32>((byte*)_logits, row * _config.VocabularySize + first, end - first, 1, (float)_config.LogitCap);
            _team.Meet();
            var (from, to) = _team.Part(thread, count);
            for (var row = (int)from; row < to; row++)
                read(at + row, thread, new ReadOnlySpan<float>(_logits + (long)row * _config.VocabularySize, _config.VocabularySize));
        }
    }

    private void Begin(IReadOnlyList<KvSequence> sequences, int[] tokens, long first, long end)
    {
        long hidden = _config.HiddenSize;
        for (var row = first; row < end; row++)
        {
            for (var i = 0; i < hidden; i++) _x[row * hidden + i] = T.Get(_embedding, tokens[row] * hidden + i) * _embeddingScale;
            var place = sequences[(int)row].Length - 1L;
            for (var i = 0; _positions != null && i < hidden; i++) _x[row * hidden + i] += T.Get(_positions, place * hidden + i);
            Turn(_frequencies, row, place, _magnitude, _cos, _sin);
            Turn(_slidingFrequencies, row, place, 1, _slidingCos, _slidingSin);
        }
    }

    private static void Turn(float[] frequencies, long row, float position, float magnitude, float* cosines, float* sines)
    {
        for (var i = 0; i < frequencies.Length; i++)
        {
            var (sin, cos) = MathF.SinCos(position * frequencies[i]);
            (sines[row * frequencies.Length + i], cosines[row * frequencies.Length + i]) = (sin * magnitude, cos * magnitude);
        }
    }

    private void Normalize(float* added, Norm norm, float* y, long first, long end) => NormKernel.Forward<F32, T>(
        _x, (byte*)added, (byte*)norm.Weight, (byte*)norm.Bias, (byte*)y, _scales, first, end - first, _config.HiddenSize, (float)_config.NormEps, _shift);

    /// <summary>What a block gives, in place.</summary>
    /// <param name="weight">0 where it is not normalized.</param>
    private void NormalizeOutput(nint weight, long first, long end)
    {
        if (weight == 0) return;
        NormKernel.Forward<F32, T>(_delta, null, (byte*)weight, null, (byte*)_delta, _scales, first, end - first, _config.HiddenSize, (float)_config.NormEps, _shift);
    }

    private void Add(float* delta, long first, long end)
    {
        for (var i = first * _config.HiddenSize; i < end * _config.HiddenSize; i++) _x[i] += delta[i];
    }

    private void Linear(DecodeLinear<T> linear, float* x, float* y, int rows, int thread)
    {
        Lower(linear, x, rows, thread);
        var (first, end) = _team.Part(thread, linear.Outputs, 16);
        linear.Apply(x, rows, _low, y, first, end);
    }

    private void Lower(DecodeLinear<T> linear, float* x, int rows, int thread)
    {
        if (linear.Low == 0) return;
        linear.ApplyA(x, rows, _low, _team.Part(thread, linear.Low, 4));
        _team.Meet();
    }

    /// <summary>A thread has the same columns of gate and up, so it can multiply them at once.</summary>
    private void GateUp(DecodeLinear<T> linear, int rows, int thread)
    {
        Lower(linear, _second, rows, thread);
        long inner = _config.IntermediateSize;
        var (first, end) = _team.Part(thread, inner, 16);
        linear.Apply(_second, rows, _low, _gateUp, first, end);
        if (!_config.Activation.IsGated())
        {
            GeluKernel.Forward<F32>((byte*)_gateUp, (byte*)_gated, 0, rows, inner, first, end, _config.Activation);
            return;
        }
        linear.Apply(_second, rows, _low, _gateUp, inner + first, inner + end);
        if (_config.Activation == Activation.GatedSilu) GateKernel.Forward<F32, SiluGate>((byte*)_gateUp, (byte*)_gated, 0, rows, inner, first, end);
        else GateKernel.Forward<F32, GeluTanhGate>((byte*)_gateUp, (byte*)_gated, 0, rows, inner, first, end);
    }

    private void Attend(int thread, int layer, IReadOnlyList<KvSequence> sequences)
    {
        var (first, end) = _team.Part(thread, (long)sequences.Count * _config.KvHeads);
        for (var unit = first; unit < end; unit++)
        {
            var row = unit / _config.KvHeads;
            Attend(thread, layer, row, (int)(unit % _config.KvHeads), sequences[(int)row]);
        }
    }

    private void Attend(int thread, int layer, long row, int head, KvSequence sequence)
    {
        int size = _config.HeadSize, half = _frequencies.Length, group = _config.Heads / _config.KvHeads;
        var heads = _qkv + row * (_config.QuerySize + 2 * _config.KeySize);
        var query = heads + (long)head * group * size;
        var key = heads + _config.QuerySize + head * size;
        var slides = _layers[layer].Slides;
        float* cos = (slides ? _slidingCos : _cos) + row * half, sin = (slides ? _slidingSin : _sin) + row * half;
        NormalizeHeads(_layers[layer].QueryNorm, query, group);
        NormalizeHeads(_layers[layer].KeyNorm, key, 1);
        if (_layers[layer].Turns)
        {
            RotateKernel.InPlace<F32>((byte*)query, cos, sin, 0, 1, group, group, size, half);
            RotateKernel.InPlace<F32>((byte*)key, cos, sin, 0, 1, 1, 1, size, half);
        }
        var count = sequence.Length;
        var pointers = _pointers[thread];
        for (var i = 0; i < sequence.Blocks.Count; i++) pointers[i] = (nint)(sequence.Blocks[i].Data + layer * _blocks.LayerBytes + head * _blocks.HeadBytes);
        var (block, slot) = ((count - 1) / DecodeAttentionKernel.Positions, (count - 1) % DecodeAttentionKernel.Positions);
        DecodeAttentionKernel.Append<T, F32>((byte*)pointers[block], slot, (byte*)key, 0, (byte*)(key + _config.KeySize), 0, size);
        // Blocks before the window are left out.
        var unseen = slides && _config.Window is { } window ? Math.Max(0, count - window) : 0;
        var (firstBlock, skipped) = (unseen / DecodeAttentionKernel.Positions, unseen % DecodeAttentionKernel.Positions);
        count -= firstBlock * DecodeAttentionKernel.Positions;
        fixed (nint* blocks = pointers)
        {
            for (var i = 0; i < group; i++)
            {
                DecodeAttentionKernel.Attend<T>(
                    query + i * size, (byte**)(blocks + firstBlock), skipped, count, size, (float)_config.AttentionScale, (float)_config.AttentionCap, _scores[thread], _mixed + row * _config.QuerySize + ((long)head * group + i) * size);
            }
        }
    }

    /// <param name="weight">0 where heads are not normalized.</param>
    private void NormalizeHeads(nint weight, float* heads, int count)
    {
        if (weight == 0) return;
        var scales = stackalloc float[count];
        NormKernel.Forward<F32, T>(heads, null, (byte*)weight, null, (byte*)heads, scales, 0, count, _config.HeadSize, (float)_config.NormEps, _shift);
    }

    /// <summary>Where the numbers of a norm lie; no bias is 0.</summary>
    private sealed record Norm(nint Weight, nint Bias)
    {
        public Norm(NormWeight norm)
            : this((nint)TensorMemory.At(norm.Weight), norm.Bias is null ? 0 : (nint)TensorMemory.At(norm.Bias))
        {
        }
    }

    /// <param name="QueryNorm">Of its heads; 0 where they are not normalized.</param>
    /// <param name="AttentionOutputNorm">0 where what the attention gives is not normalized; so <paramref name="FeedForwardOutputNorm"/>.</param>
    /// <param name="Turns">Whether heads are turned by position.</param>
    /// <param name="Slides">Whether tokens see a window only.</param>
    private sealed record Layer(
        Norm InputNorm, DecodeLinear<T> Qkv, DecodeLinear<T> Output, Norm AttentionNorm, DecodeLinear<T> GateUp, DecodeLinear<T> Down, nint QueryNorm, nint KeyNorm,
        nint AttentionOutputNorm, nint FeedForwardOutputNorm, bool Turns, bool Slides);
}
