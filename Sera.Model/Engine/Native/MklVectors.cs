using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Sera.Model.Engine.Native;

/// <summary>
/// Lets the matrix products of MKL use AVX-512 on processors that have it, whoever made them. MKL inside libtorch asks a function of its own
/// whether the maker is Intel, and takes the AVX2 path when not; the loader prefers a function of that name which was there before. Twice the
/// fp32 throughput (docs/results.md). Has to run before libtorch is loaded; the package and its files stay as they are.
/// </summary>
public static partial class MklVectors
{
    /// <summary>The environment variable that switches this off when it is "0".</summary>
    public const string Switch = "SERA_MKL_AVX512";

    private const string Question = "mkl_serv_intel_cpu_true";
    private const int Now = 2;
    private const int Global = 0x100;
    private static readonly Lazy<bool> Done = new(Answer);

    /// <summary>Once a process.</summary>
    /// <returns>Whether MKL will take AVX-512 where it would not have by itself.</returns>
    public static bool Enable() => Done.Value;

    private static bool Answer()
    {
        if (!OperatingSystem.IsLinux() || !Avx512F.IsSupported || Environment.GetEnvironmentVariable(Switch) == "0" || IsIntel()) return false;
        var descriptor = CreateMemoryFile("sera-mkl", 0);
        if (descriptor < 0) return false;
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.Write(handle, OneSymbolLibrary.Returning1(Question), 0);
        return Open($"/proc/self/fd/{descriptor}", Now | Global) != 0;
    }

    private static bool IsIntel()
    {
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        return (b, d, c) == (0x756E6547, 0x49656E69, 0x6C65746E); // "Genu" "ineI" "ntel"
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);
}
