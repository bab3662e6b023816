using System.Text.Json;
using Sera.Host.Configuration;
using Sera.Host.Preparation;
using Sera.Host.Reports;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Experiments;

/// <summary>
/// Which run of a work folder is which of an experiment's. Nothing is written down for that: a run is one's own that has its name, its
/// settings to the last key, and began with the data and the policy that are there now. So an experiment that is changed runs what changed.
/// </summary>
/// <param name="threads">libtorch threads of this process, which has the same for all of its runs.</param>
internal sealed class CellRuns(string work, int threads)
{
    private readonly Dictionary<string, string?> _digests = new(StringComparer.Ordinal);

    /// <summary>One that has ended well, or else the newest that can be gone on with here; null = none.</summary>
    public RunFolder? Find(Cell cell)
    {
        RunFolder? open = null;
        foreach (var run in RunFolder.All(work).Where(run => run.Id[..run.Id.LastIndexOf('-')] == cell.Name).Reverse())
        {
            if (!Is(run, cell)) continue;
            if (Summary(run) is not null) return run;
            // The bits of one that goes on depend on its threads; one from a machine with other cores is left alone.
            if (RunRecord.Read(run).Threads == threads) open ??= run;
        }
        return open;
    }

    /// <summary>Of a run that has ended well; null of any other.</summary>
    public static RunSummary? Summary(RunFolder run)
    {
        if (!File.Exists(run.Summary)) return null;
        try
        {
            // A report of a run that is not finished has one too, without the policy that the run will end with.
            return SummaryJson.Read(File.ReadAllBytes(run.Summary)) is { FinalPolicySha256: not null } summary ? summary : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool Is(RunFolder run, Cell cell)
    {
        try
        {
            // Read and written again, since the file of an older program lacks the keys that came later.
            if (RunFileText.Write(RunFile.Read(run.RunFile, [])) != RunFileText.Write(cell.Settings)) return false;
            var record = RunRecord.Read(run);
            // A folder or a glob may have other files by now.
            return DataInputs.Of(SettingsReader.HostOptions(cell.Settings).Data).Select(input => input.Path).SequenceEqual(record.Inputs.Select(input => input.Path))
                && record.Inputs.All(input => Digest(input.Path, OfFile) == input.Sha256) && Digest(record.PolicyFolder, OfPolicy) == record.PolicyDigest
                && (record.Base is not { } scoreBase || Digest(scoreBase.Folder, OfPolicy) == scoreBase.Digest)
                && (record.RewardFolder is not { } reward || Digest(reward, OfPolicy) == record.RewardDigest);
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>Taken once: 35 runs read the same files.</summary>
    private string? Digest(string path, Func<string, string?> take)
    {
        if (!_digests.TryGetValue(path, out var digest)) _digests[path] = digest = take(path);
        return digest;
    }

    private static string? OfFile(string path) => File.Exists(path) ? Sha256.OfFile(path) : null;

    private static string? OfPolicy(string path) => OpenedPolicy.Open(path).Folder.Digest;
}
