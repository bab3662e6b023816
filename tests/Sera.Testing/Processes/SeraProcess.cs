using System.Diagnostics;

namespace Sera.Testing.Processes;

/// <summary>The built program, run as a user runs it.</summary>
internal static class SeraProcess
{
    public sealed record Outcome(int ExitCode, string Out, string Error)
    {
        public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static readonly string Program = Find("Sera.Host", "sera.dll");

    /// <summary>The program that measures.</summary>
    public static readonly string Benchmarks = Find(Path.Combine("tests", "Sera.Benchmarks"), "sera-benchmarks.dll");

    public static Task<Outcome> RunAsync(params string[] arguments) => EndAsync(Start(arguments));

    /// <param name="environment">Beside what this process has.</param>
    public static Task<Outcome> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) => EndAsync(Start(environment, arguments));

    public static Task<Outcome> BenchmarkAsync(params string[] arguments) => EndAsync(StartProgram(Benchmarks, new Dictionary<string, string>(), arguments));

    private static async Task<Outcome> EndAsync(System.Diagnostics.Process started)
    {
        using var process = started;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, await output, await error);
    }

    public static System.Diagnostics.Process Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    public static System.Diagnostics.Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => StartProgram(Program, environment, arguments);

    private static System.Diagnostics.Process StartProgram(string program, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return System.Diagnostics.Process.Start(start)!;
    }

    /// <summary>The folder of the solution.</summary>
    public static string Repository
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Sera.Cluster.sln"))) return folder.FullName;
            }
            throw new InvalidOperationException("the tests do not run from within the repository");
        }
    }

    /// <summary>In its own output folder: there the native libtorch lies as a user would have it.</summary>
    private static string Find(string project, string program)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(Repository, project, "bin", framework.Parent!.Name, framework.Name, program);
    }
}
