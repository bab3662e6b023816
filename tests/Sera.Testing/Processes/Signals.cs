using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sera.Testing.Processes;

/// <summary>Signals to other processes of this machine.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    private const int NoSuchProcess = 3;

    /// <returns>False where there is no such process any more.</returns>
    public static bool Send(int process, int signal)
    {
        if (SendSignal(process, signal) == 0) return true;
        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error, $"signal {signal} to process {process}");
    }

    /// <summary>Processes whose parent this one is, right now.</summary>
    public static IReadOnlyList<int> Children(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id > 0 && Parent(id) == parent),
    ];

    /// <summary>Whether it is there and not only waits to be buried.</summary>
    public static bool IsAlive(int process) => Stat(process) is [not ("Z" or "X"), ..];

    private static int Parent(int process) => Stat(process) is [_, var parent, ..] ? int.Parse(parent) : 0;

    /// <summary>State, parent and so on; empty where there is no such process.</summary>
    private static string[] Stat(int process)
    {
        try
        {
            // "pid (name) state parent ...", and the name may hold anything, parentheses too.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
