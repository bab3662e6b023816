using System.Runtime.Intrinsics;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;

namespace Sera.Model.Generation.Cpu;

/// <summary>A matrix of the model, and what an adapter adds to it, as the threads of a decoder compute it. Borrows both.</summary>
/// <typeparam name="T">Storage of the parameters.</typeparam>
internal sealed unsafe class DecodeLinear<T>
    where T : struct, IElement
{
    private readonly byte* _weight;
    private readonly byte* _bias;
    private readonly byte* _a;
    private readonly (long First, long Outputs, nint B)[] _parts = [];
    private readonly long _rank;
    private readonly float _scale;

    public DecodeLinear(AdaptedLinear linear)
    {
        (Outputs, Inputs) = (linear.Weight.shape[0], linear.Weight.shape[1]);
        _weight = TensorMemory.At(linear.Weight);
        _bias = linear.Bias is null ? null : TensorMemory.At(linear.Bias);
        if (linear.Delta is not { } delta) return;
        _a = TensorMemory.At(delta.A);
        (Low, _rank, _scale) = (delta.A.shape[0], delta.Rank, (float)delta.Scale);
        _parts = [.. delta.Parts.Select(p => (p.First, p.Outputs, (nint)TensorMemory.At(p.B)))];
    }

    public long Outputs { get; }

    public long Inputs { get; }

    /// <summary>Columns of A x; 0 without an adapter.</summary>
    public long Low { get; }

    /// <summary>A x, the share of a thread; everybody's must be there before <see cref="Apply"/>.</summary>
    /// <param name="low">[rows, <see cref="Low"/>].</param>
    public void ApplyA(float* x, long rows, float* low, (long First, long End) part) =>
        ProductKernel.Multiply<T>(x, rows, Inputs, _a, Inputs, low, Low, part.First, part.End);

    /// <summary>Some of the outputs.</summary>
    /// <param name="y">[rows, <see cref="Outputs"/>].</param>
    public void Apply(float* x, long rows, float* low, float* y, long first, long end)
    {
        ProductKernel.Multiply<T>(x, rows, Inputs, _weight, Inputs, y, Outputs, first, end);
        for (var i = 0; i < _parts.Length; i++)
        {
            var (start, outputs, b) = _parts[i];
            long from = Math.Max(first, start), to = Math.Min(end, start + outputs);
            if (from < to) ProductKernel.Multiply<T>(low + i * _rank, rows, Low, (byte*)b, _rank, y + start, Outputs, from - start, to - start, _scale);
        }
        if (_bias != null) AddBias(rows, y, first, end);
    }

    private void AddBias(long rows, float* y, long first, long end)
    {
        for (var row = y; row < y + rows * Outputs; row += Outputs)
        {
            var i = first;
            for (; i + 16 <= end; i += 16) (Vector512.Load(row + i) + T.Load(_bias, i)).Store(row + i);
            for (; i < end; i++) row[i] += T.Get(_bias, i);
        }
    }
}
