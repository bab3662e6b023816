using Sera.Model.Checkpoints;
using Xunit;

namespace Sera.Model.Tests.Checkpoints;

public sealed class TemporariesTests
{
    private static readonly string[] Own = Temporaries.NewName().Split('-');

    /// <summary>No system gives this id to a process.</summary>
    private static readonly string Dead = $"{Own[0]}-{int.MaxValue}-{Own[2]}";

    [Fact]
    public void What_a_dead_process_left_is_swept_and_everything_else_stays()
    {
        using var folder = new TemporaryFolder();
        string[] swept = [Dead, $".state.json.{Dead}"];
        string[] kept =
        [
            Temporaries.NewName(), $".state.json.{Temporaries.NewName()}", $"elsewhere-{int.MaxValue}-{Own[2]}", "state.json", new string('a', 64),
            $"{Own[0]}-{int.MaxValue}-short", $"{Dead}.json",
        ];
        foreach (var name in swept.Concat(kept)) File.WriteAllText(folder[name], name);
        Temporaries.Sweep(folder.Path);
        Assert.Equal(kept.Order(StringComparer.Ordinal), Directory.GetFiles(folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_older_than_the_process_of_its_id_is_of_another_process()
    {
        using var folder = new TemporaryFolder();
        var old = folder[Temporaries.NewName()];
        File.WriteAllText(old, "half");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-1));
        Temporaries.Sweep(folder.Path);
        Assert.False(File.Exists(old));
    }

    [Fact]
    public void A_folder_that_a_dead_process_was_filling_goes_with_what_is_in_it()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { $".base.{Dead}", $".base.{Temporaries.NewName()}" })
        {
            Directory.CreateDirectory(folder[name]);
            File.WriteAllText(Path.Combine(folder[name], "config.json"), "{}");
        }
        Temporaries.Sweep(folder.Path);
        Assert.DoesNotContain(Dead, Assert.Single(Directory.GetDirectories(folder.Path)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_being_written_stays_whatever_its_name_says()
    {
        using var folder = new TemporaryFolder();
        using (var held = new FileStream(folder[Dead], FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            Temporaries.Sweep(folder.Path);
            Assert.True(File.Exists(folder[Dead]));
        }
        Temporaries.Sweep(folder.Path);
        Assert.False(File.Exists(folder[Dead]));
    }

    [Fact]
    public void Pending_artifacts_and_durable_files_say_who_writes_them_and_a_deleted_artifact_is_gone()
    {
        using var folder = new TemporaryFolder();
        var store = new ArtifactStore(folder.Path);
        var pending = store.Create();
        Assert.StartsWith($"{Own[0]}-{Environment.ProcessId}-", Path.GetFileName(Assert.Single(Directory.GetFiles(folder["artifacts/tmp"]))), StringComparison.Ordinal);
        Temporaries.Sweep(folder["artifacts/tmp"]);
        pending.Stream.Write("content"u8);
        var artifact = pending.Commit(ArtifactRef.CheckpointKind);
        store.Delete(artifact);
        store.Delete(artifact);
        Assert.False(store.Contains(artifact));
        Assert.Empty(Directory.GetFiles(folder["artifacts/tmp"]));
        Temporaries.Sweep(folder["nowhere"]);
    }
}
