using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Sera.Model.Checkpoints;

/// <summary>
/// Names of files that are being written, &lt;machine&gt;-&lt;pid&gt;-&lt;guid&gt;, alone or as the last part of a dotted name, so that what a killed
/// process left behind can be told from what a living one is writing.
/// </summary>
public static class Temporaries
{
    private const int MachineLength = 60;

    /// <summary>A file last written this long before its process began is of an earlier process with the same id, as in a container started again.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private static readonly string Machine = string.Concat(Environment.MachineName.Take(MachineLength).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    /// <summary>Unique; says who writes.</summary>
    public static string NewName() => string.Create(CultureInfo.InvariantCulture, $"{Machine}-{Environment.ProcessId}-{Guid.NewGuid():n}");

    /// <summary>
    /// Deletes the temporaries of a folder, files and folders, whose process, on this machine, lives no more. Those of other machines and what
    /// cannot be deleted stay.
    /// </summary>
    public static void Sweep(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            try
            {
                if (WriterOf(entry.Name) is not { } writer || Lives(writer, entry.LastWriteTimeUtc)) continue;
                if (entry is DirectoryInfo unfinished) unfinished.Delete(recursive: true);
                else Delete(entry.FullName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or already gone.
            }
        }
    }

    /// <returns>The process that writes a file; null when the file is no temporary of this machine.</returns>
    private static int? WriterOf(string name) => name[(name.LastIndexOf('.') + 1)..].Split('-') is [var machine, var pid, var unique]
        && machine == Machine && Guid.TryParseExact(unique, "n", out _)
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? id
            : null;

    private static bool Lives(int id, DateTime written)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime() <= written + Margin;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
        catch (Win32Exception)
        {
            return true;
        }
    }

    /// <summary>Opened for itself alone, which fails while a process of another container, with ids of its own, writes it.</summary>
    private static void Delete(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
    }
}
