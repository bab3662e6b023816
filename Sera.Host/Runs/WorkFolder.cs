using Sera.Model.Data;

namespace Sera.Host.Runs;

/// <summary>The folder that all runs share: artifacts, index, journal, bases, and one folder a run.</summary>
internal static class WorkFolder
{
    public const string Default = "runs";

    private const long LowSpaceBytes = 2L << 30;

    /// <summary>Makes sure that files can be made in the folder; leaves nothing behind.</summary>
    /// <exception cref="InputException">They cannot.</exception>
    public static void CheckWritable(string work)
    {
        var full = Path.GetFullPath(work);
        var existing = full;
        while (!Directory.Exists(existing))
        {
            if (File.Exists(existing)) throw NotWritable(work, $"{existing} is a file, not a folder");
            existing = Path.GetDirectoryName(existing) ?? throw NotWritable(work, "there is no such drive");
        }
        var probe = Path.Combine(existing, $".sera-{Guid.NewGuid():n}");
        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(work, e is UnauthorizedAccessException ? $"{existing} may not be written" : e.Message);
        }
    }

    /// <summary>Bytes free where the folder lies or will lie; null where the system does not say.</summary>
    public static long? FreeBytes(string work)
    {
        var existing = Path.GetFullPath(work);
        while (!Directory.Exists(existing))
        {
            if (Path.GetDirectoryName(existing) is not { } parent) return null;
            existing = parent;
        }
        try
        {
            return new DriveInfo(existing).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A warning where a run may not fit; null where it will.</summary>
    /// <param name="policyBytes">Size of the starting policy; checkpoints hold three times as much, policies of all rounds as much each.</param>
    public static string? SpaceWarning(string work, long policyBytes, int rounds)
    {
        var free = FreeBytes(work);
        var need = Math.Max(LowSpaceBytes / 8, policyBytes * (rounds + 7L));
        return free < need
            ? FormattableString.Invariant($"{work}: {free.Value >> 20} MiB free on this disk, the run may need {need >> 20} MiB")
            : null;
    }

    private static InputException NotWritable(string work, string found) =>
        new(work, $"not writable: {found}", "a folder in which files can be made", "choose another with --work");
}
