using Sera.Model.Data;

namespace Sera.Host.Runs;

/// <summary>
/// Held while a process works on a run, or on an experiment's runs, so that no second one does. The system drops it with the process, however
/// that ends; the file itself stays.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <exception cref="InputException">Another process holds it.</exception>
    public static RunLock Take(RunFolder run) => Take(run.Lock, "run");

    /// <inheritdoc cref="Take(RunFolder)"/>
    /// <param name="path">Of the lock's file, in a folder that is there.</param>
    /// <param name="what">That it is held for, in a word.</param>
    public static RunLock Take(string path, string what)
    {
        try
        {
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new InputException(path, $"another process is working on this {what}", "one process at a time", "wait for it or stop it, then try again");
        }
    }

    /// <summary>Whether a process works on the run now.</summary>
    public static bool IsHeld(RunFolder run)
    {
        try
        {
            Take(run).Dispose();
            return false;
        }
        catch (InputException)
        {
            return true;
        }
    }

    public void Dispose() => _file.Dispose();
}
