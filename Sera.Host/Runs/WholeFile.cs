namespace Sera.Host.Runs;

/// <summary>Files and folders that are either there whole or not at all: written under another name, then renamed.</summary>
internal static class WholeFile
{
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var pending = path + ".tmp";
        using (var file = new FileStream(pending, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(pending, path, overwrite: true);
    }

    /// <summary>Fills a folder beside <paramref name="folder"/> and puts it in its place; what a killed attempt left is removed first.</summary>
    public static void WriteFolder(string folder, Action<string> fill)
    {
        var pending = folder + ".tmp";
        if (Directory.Exists(pending)) Directory.Delete(pending, recursive: true);
        Directory.CreateDirectory(pending);
        fill(pending);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(pending, folder);
    }
}
