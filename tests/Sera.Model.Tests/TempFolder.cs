namespace Sera.Model.Tests;

/// <summary>A folder of its own for one test, deleted with it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sera-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
