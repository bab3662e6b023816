using Sera.Host.Runs;
using Xunit;

namespace Sera.Host.Tests.Runs;

public sealed class WholeFileTests
{
    [Fact]
    public void A_folder_that_could_not_be_filled_leaves_the_old_one_and_the_next_attempt_replaces_it()
    {
        using var folder = new TemporaryFolder();
        var target = Path.Combine(folder.Path, "policy");
        WholeFile.WriteFolder(target, at => File.WriteAllText(Path.Combine(at, "a"), "1"));
        Assert.Throws<IOException>(() => WholeFile.WriteFolder(target, at =>
        {
            File.WriteAllText(Path.Combine(at, "b"), "half");
            throw new IOException("cut");
        }));
        Assert.Equal(["a"], Directory.EnumerateFiles(target).Select(Path.GetFileName));
        WholeFile.WriteFolder(target, at => File.WriteAllText(Path.Combine(at, "c"), "2"));
        Assert.Equal(["c"], Directory.EnumerateFiles(target).Select(Path.GetFileName));
    }
}
