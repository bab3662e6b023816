using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Preparation;

/// <summary>Whether a run's inputs are still what they were when it started.</summary>
internal static class InputCheck
{
    private const string Remedy = "restore the file, or start a new run";

    /// <exception cref="InputException">A data file, or a file of the starting policy or the reward model, changed; names it.</exception>
    public static void Verify(RunFolder run, RunRecord record)
    {
        foreach (var input in record.Inputs)
        {
            var expected = $"{input.Bytes} bytes with content {input.Sha256[..12]}, as when run {record.RunId} started";
            if (!File.Exists(input.Path)) throw new InputException(input.Path, "the file is gone", expected, Remedy);
            var length = new FileInfo(input.Path).Length;
            if (length != input.Bytes) throw new InputException(input.Path, $"{length} bytes", expected, Remedy);
            if (Sha256.OfFile(input.Path) is var sha && sha != input.Sha256) throw new InputException(input.Path, $"content {sha[..12]}", expected, Remedy);
        }
        Verify(run, record.RunId, "policy", record.PolicyFolder, record.PolicyDigest);
        if (record.Base is { } scoreBase) Verify(run, record.RunId, "policy", scoreBase.Folder, scoreBase.Digest);
        if (record.RewardFolder is { } folder) Verify(run, record.RunId, "reward model", folder, record.RewardDigest!);
    }

    private static void Verify(RunFolder run, string runId, string what, string folder, string expected)
    {
        if (File.Exists(Path.Combine(run.Work, "bases", expected + ".json"))) new PolicyBases(run.Work).Resolve(expected);
        else if (PolicyFolder.Open(folder).Digest is var digest && digest != expected)
            throw new InputException(folder, $"a {what} {digest[..12]}", $"the {what} {expected[..12]}, as when run {runId} started", Remedy);
    }
}
