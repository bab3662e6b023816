using System.Globalization;
using System.Runtime.InteropServices;

namespace Sera.Benchmarks.Results;

/// <summary>What something was measured on.</summary>
/// <param name="Cpu">Model name as the processor says it.</param>
/// <param name="Cores">Logical ones that this process may use.</param>
/// <param name="MemoryGiB">In all.</param>
internal sealed record Machine(string Cpu, int Cores, double MemoryGiB, string System, string DotNet)
{
    public static Machine This() => new(
        Field("/proc/cpuinfo", "model name", ':') ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
        Field("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    /// <summary>Processes that wanted to run, mean of the last minute; null where it cannot be told.</summary>
    public static double? Load() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : null;

    public override string ToString() => FormattableString.Invariant($"{Cpu}, {Cores} cores, {MemoryGiB} GiB, {System}, {DotNet}");

    private static string? Field(string file, string name, char separator) => !File.Exists(file)
        ? null
        : File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(separator, 2)[^1].Trim();
}
