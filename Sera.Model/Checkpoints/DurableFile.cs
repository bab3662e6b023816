namespace Sera.Model.Checkpoints;

/// <summary>Files and folders that are whole or not there: written under a temporary name, flushed to the disk, renamed.</summary>
public static class DurableFile
{
    public static void Write(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Temporaries.NewName()}");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        DurableFolder.Flush(folder);
    }

    /// <summary>Fills a folder under a temporary name, then gives it its own; an older folder of that name is replaced.</summary>
    /// <param name="fill">Receives the temporary folder; writes files by <see cref="Write"/>.</param>
    public static void WriteFolder(string folder, Action<string> fill)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var parent = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(parent);
        var unique = Temporaries.NewName();
        var temporary = Path.Combine(parent, $".{Path.GetFileName(path)}.{unique}");
        var old = Path.Combine(parent, $".{Path.GetFileName(path)}.{unique}.old");
        Directory.CreateDirectory(temporary);
        try
        {
            fill(temporary);
            if (Directory.Exists(path)) Directory.Move(path, old);
            Directory.Move(temporary, path);
        }
        finally
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
            if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        }
        DurableFolder.Flush(parent);
    }
}
