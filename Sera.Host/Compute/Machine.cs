using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace Sera.Host.Compute;

/// <summary>What the machine offers, as far as the system says.</summary>
internal static class Machine
{
    public static string Processor()
    {
        const string Info = "/proc/cpuinfo";
        if (!File.Exists(Info)) return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
        var line = File.ReadLines(Info).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
        return line is null ? "unknown" : line[(line.IndexOf(':') + 1)..].Trim();
    }

    /// <summary>The widest vector instructions that this process may use.</summary>
    public static string InstructionSet()
    {
        if (Avx512F.IsSupported) return HasFlag("amx_bf16") ? "avx512 amx_bf16" : HasFlag("avx512_bf16") ? "avx512 avx512_bf16" : "avx512";
        if (Avx2.IsSupported) return "avx2";
        return System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported ? "neon" : "baseline";
    }

    /// <summary>Bytes of memory that a new process could use; null where the system does not say.</summary>
    public static long? AvailableMemory()
    {
        const string Info = "/proc/meminfo";
        if (!File.Exists(Info)) return GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var line = File.ReadLines(Info).FirstOrDefault(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal));
        var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words?.Length > 1 ? long.Parse(words[1], CultureInfo.InvariantCulture) * 1024 : null;
    }

    private static bool HasFlag(string flag) =>
        File.Exists("/proc/cpuinfo")
        && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ').Contains(flag) == true;
}
