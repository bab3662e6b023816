using Xunit;

namespace Sera.Model.Tests;

/// <summary>The folder `shared` beside the repository, where there is one: published vectors and real weights.</summary>
public static class SharedData
{
    public static string? Folder { get; } = Find();

    public static string PathOf(params string[] parts) =>
        Path.Combine([Folder ?? throw new InvalidOperationException("no shared folder"), .. parts]);

    private static string? Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var candidate = Path.Combine(at.FullName, "shared");
            if (File.Exists(Path.Combine(candidate, "loss_vectors.json"))) return candidate;
        }
        return null;
    }
}

/// <summary>A fact that needs the shared folder and is skipped without it.</summary>
public sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute()
    {
        if (SharedData.Folder is null) Skip = "needs the folder 'shared' with loss_vectors.json beside the repository";
    }
}
