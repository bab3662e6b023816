using Sera.Model.Data;

namespace Sera.Host.Cluster;

/// <summary>Held while a node uses its work folder: two processes with one index and one set of temporaries would take each other's for their own.</summary>
internal static class NodeLock
{
    /// <exception cref="InputException">Another process holds it.</exception>
    public static IDisposable Take(string work)
    {
        Directory.CreateDirectory(work);
        var path = Path.Combine(work, "node.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new InputException(path, "another node uses this work folder", "a folder for each node", "choose another with --work");
        }
    }
}
