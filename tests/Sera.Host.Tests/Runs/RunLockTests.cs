using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Testing;
using Xunit;

namespace Sera.Host.Tests.Runs;

public sealed class RunLockTests
{
    [Fact]
    public void A_lock_is_held_once_and_free_again_after_it_was_given_back()
    {
        using var folder = new TemporaryFolder();
        var run = new RunFolder(folder.Path, "a-1");
        Directory.CreateDirectory(run.Path);
        using (RunLock.Take(run))
        {
            Assert.Contains("another process", Assert.Throws<InputException>(() => RunLock.Take(run)).Message);
        }
        RunLock.Take(run).Dispose();
    }
}
