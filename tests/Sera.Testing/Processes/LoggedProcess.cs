using System.Diagnostics;

namespace Sera.Testing.Processes;

/// <summary>Processes whose output goes to a file, so that nothing is lost with a killed one and nobody has to read along.</summary>
internal static class LoggedProcess
{
    /// <summary>Starts a program; both of its outputs are appended to the file. The process is the program itself, no shell around it.</summary>
    public static Process Start(string log, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> command)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var part in (string[])["-c", "exec \"$@\" >>\"$SERA_TEST_LOG\" 2>&1 </dev/null", "sh", .. command]) start.ArgumentList.Add(part);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["SERA_TEST_LOG"] = log;
        return Process.Start(start)!;
    }

    /// <summary>Runs a short command to its end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static async Task<string> RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode == 0) return await output;
        throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {await error}{await output}");
    }

    /// <summary>The last lines of a log, for a message.</summary>
    public static string Tail(string log, int lines = 40) =>
        File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(lines)) : $"{log}: nothing was logged";
}
