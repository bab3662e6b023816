using System.Runtime.Intrinsics.X86;

namespace Sera.Model.Engine.Native;

/// <summary>What .NET does not say of the processor.</summary>
internal static class CpuFeatures
{
    /// <summary>AVX-512 BF16 (leaf 7.1, eax bit 5) or AMX BF16 (leaf 7.0, edx bit 22).</summary>
    public static bool MultipliesBf16 =>
        X86Base.IsSupported && Avx512F.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0);
}
