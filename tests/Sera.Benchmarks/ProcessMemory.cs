using System.Globalization;

namespace Sera.Benchmarks;

/// <summary>Resident memory of a process, in MiB; NaN where the system does not tell, or when the process has ended.</summary>
internal static class ProcessMemory
{
    public static double NowMiB(int process) => MiB(process, "VmRSS:");

    public static double PeakMiB(int process) => MiB(process, "VmHWM:");

    private static double MiB(int process, string field)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
            return line is null ? double.NaN : double.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return double.NaN;
        }
    }
}
