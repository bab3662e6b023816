using System.Runtime.InteropServices;

namespace Sera.Model.Generation.Cpu;

/// <summary>Scratch memory of a decoder: aligned, zeroed, kept for its life.</summary>
internal sealed unsafe class NativeFloats : IDisposable
{
    private readonly List<nint> _all = [];

    public float* Take(long count)
    {
        var bytes = (nuint)Math.Max(64, count * sizeof(float));
        var data = NativeMemory.AlignedAlloc(bytes, 64);
        _all.Add((nint)data);
        NativeMemory.Clear(data, bytes);
        return (float*)data;
    }

    public void Dispose()
    {
        foreach (var data in _all) NativeMemory.AlignedFree((void*)data);
        _all.Clear();
    }
}
