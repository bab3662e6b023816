using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Testing;
using Xunit;

namespace Sera.Host.Tests.Runs;

public sealed class WorkFolderTests
{
    [Fact]
    public void A_folder_below_a_file_is_not_writable_and_nothing_is_left()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("file", "x");
        var error = Assert.Throws<InputException>(() => WorkFolder.CheckWritable(Path.Combine(file, "runs"))).Message;
        Assert.Contains("is a file, not a folder", error);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_that_is_yet_to_be_made_is_writable_and_is_not_made()
    {
        using var folder = new TemporaryFolder();
        WorkFolder.CheckWritable(Path.Combine(folder.Path, "a", "b"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
