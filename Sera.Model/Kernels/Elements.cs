using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sera.Model.Kernels;

/// <summary>How numbers lie in memory; computing is fp32. A struct of its own for each storage, so that kernels are compiled for each.</summary>
internal unsafe interface IElement
{
    /// <summary>Of an element.</summary>
    static abstract int Bytes { get; }

    /// <summary>Elements i .. i + 15.</summary>
    static abstract Vector512<float> Load(byte* data, long i);

    static abstract void Store(byte* data, long i, Vector512<float> value);

    static abstract float Get(byte* data, long i);

    static abstract void Set(byte* data, long i, float value);
}

internal readonly unsafe struct F32 : IElement
{
    public static int Bytes => 4;

    public static Vector512<float> Load(byte* data, long i) => Vector512.Load((float*)data + i);

    public static void Store(byte* data, long i, Vector512<float> value) => value.Store((float*)data + i);

    public static float Get(byte* data, long i) => ((float*)data)[i];

    public static void Set(byte* data, long i, float value) => ((float*)data)[i] = value;
}

/// <summary>The upper half of an fp32; stored rounded to nearest, ties to even.</summary>
internal readonly unsafe struct Bf16 : IElement
{
    public static int Bytes => 2;

    public static Vector512<float> Load(byte* data, long i)
    {
        var halves = Vector256.Load((ushort*)data + i);
        var words = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512UInt32(halves)
            : Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
        return (words << 16).AsSingle();
    }

    public static void Store(byte* data, long i, Vector512<float> value)
    {
        var words = value.AsUInt32();
        var rounded = (words + Vector512.Create(0x7FFFu) + ((words >>> 16) & Vector512<uint>.One)) >>> 16;
        var halves = Avx512F.IsSupported
            ? Avx512F.ConvertToVector256UInt16(rounded)
            : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper());
        halves.Store((ushort*)data + i);
    }

    public static float Get(byte* data, long i) => BitConverter.UInt32BitsToSingle((uint)((ushort*)data)[i] << 16);

    public static void Set(byte* data, long i, float value)
    {
        var word = BitConverter.SingleToUInt32Bits(value);
        ((ushort*)data)[i] = (ushort)((word + 0x7FFF + ((word >> 16) & 1)) >> 16);
    }
}
