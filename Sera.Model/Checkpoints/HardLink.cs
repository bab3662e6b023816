using System.Runtime.InteropServices;

namespace Sera.Model.Checkpoints;

/// <summary>A second name for a file where the system has such a thing and both lie on one disk, and a copy elsewhere.</summary>
internal static partial class HardLink
{
    public static void Create(string existing, string path)
    {
        if (!OperatingSystem.IsWindows() && Link(existing, path) == 0) return;
        DurableFile.Write(path, target =>
        {
            using var source = new FileStream(existing, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
            source.CopyTo(target);
        });
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string path);
}
