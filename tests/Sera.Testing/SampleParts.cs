using System.Collections.Concurrent;
using Sera.Testing.Processes;

namespace Sera.Testing;

/// <summary>The first rows of files of the bundled world, as files that last as long as the tests' process.</summary>
internal static class SampleParts
{
    private static readonly TemporaryFolder Folder = new();
    private static readonly ConcurrentDictionary<(string Name, int Rows), string> Written = new();

    static SampleParts() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Folder.Dispose();

    /// <param name="name">Of the world, such as prompts.jsonl.</param>
    /// <returns>The path.</returns>
    public static string First(string name, int rows) => Written.GetOrAdd((name, rows), part =>
    {
        var path = Path.Combine(Folder.Path, $"{part.Rows}-{part.Name}");
        File.WriteAllLines(path, File.ReadLines(Path.Combine(SeraProcess.Repository, "samples", "world", part.Name)).Take(part.Rows));
        return path;
    });
}
