using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Sera.Actors.Runs;
using Sera.Host.Configuration;
using Sera.Host.Runs;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Preparation;

/// <summary>A run that may start: read, checked, tokenized, nothing of it written yet.</summary>
/// <param name="RewardModel">null where the reward is implicit.</param>
/// <param name="ScorePrefixes">What asks for each score, from 1 on; empty where nothing does.</param>
internal sealed record PreparedRun(
    RunSettings Settings,
    HostOptions Host,
    RunOptions Options,
    TorchSettings Torch,
    OpenedPolicy Policy,
    PreparedData Data,
    ImmutableArray<InputFile> Inputs,
    PromptPrefixRow? Prefix = null,
    OpenedPolicy? Base = null,
    PolicyFolder? RewardModel = null,
    ImmutableArray<PromptPrefixRow> ScorePrefixes = default)
{
    /// <summary>What goes into the run's folder before its first event.</summary>
    public RunRecord Record(string runId, DateTimeOffset now) => new(
        runId,
        Host.Name,
        now,
        typeof(PreparedRun).Assembly.GetName().Version!.ToString(3),
        Torch.Threads,
        Options.Rounds,
        Policy.Folder.Path,
        Policy.Folder.Digest,
        Inputs,
        Data.Train.Length,
        Data.HeldOut.Length,
        Data.Prompts.Length,
        Data.Eval.Length,
        ByReason(Data.Dropped),
        Torch.Precision,
        Base is null ? null : new BasePolicy(Base.Folder.Path, Base.Folder.Digest),
        Data.Labels,
        RewardModel?.Path,
        RewardModel?.Digest,
        Data.Cut.IsEmpty ? null : ByReason(Data.Cut));

    private static ImmutableSortedDictionary<string, int> ByReason(ImmutableArray<DropCount> counts) =>
        counts.GroupBy(count => count.Reason).ToImmutableSortedDictionary(group => group.Key, group => group.Sum(count => count.Count), StringComparer.Ordinal);

    /// <summary>Writes the folder's first files; from here on the run can be resumed.</summary>
    public void WriteFolder(RunFolder run, RunRecord record)
    {
        DurableFile.Write(run.RunFile, stream => stream.Write(Encoding.UTF8.GetBytes(RunFileText.Write(Settings))));
        record.Write(run);
    }

    /// <summary>Puts the data into the artifact store and names the policy there; doing it again changes nothing.</summary>
    public StartRun Store(RunFolder run)
    {
        var store = new ArtifactStore(run.Work);
        var bases = new PolicyBases(run.Work);
        bases.Register(Policy.Folder);
        if (Base is not null) bases.Register(Base.Folder);
        if (RewardModel is not null) bases.Register(RewardModel);
        return new StartRun(
            run.Id,
            Options,
            new RunInputs(
                new PolicyRef(Policy.Folder.Digest),
                Written(store, "pairs", Data.Train, RowJson.Default.PairRow),
                Source(store, "prompts", Data.Prompts, RowJson.Default.PromptRow),
                Source(store, "pairs", Data.HeldOut, RowJson.Default.PairRow),
                Source(store, "evaluation", Data.Eval, RowJson.Default.EvalRow),
                Prefix is null ? null : store.Write("prompt-prefix", RowFile.Write([Prefix], RowJson.Default.PromptPrefixRow)),
                Base is null ? null : new PolicyRef(Base.Folder.Digest),
                RewardModel is null ? null : new PolicyRef(RewardModel.Digest),
                ScorePrefixes.IsDefaultOrEmpty ? null : store.Write("score-prefixes", RowFile.Write(ScorePrefixes, RowJson.Default.PromptPrefixRow))),
            Host.Engine.Fingerprint(Torch));
    }

    private static RowSource? Source<T>(ArtifactStore store, string kind, ImmutableArray<T> rows, JsonTypeInfo<T> type) =>
        rows.IsEmpty ? null : Written(store, kind, rows, type);

    private static RowSource Written<T>(ArtifactStore store, string kind, ImmutableArray<T> rows, JsonTypeInfo<T> type)
    {
        using var pending = store.Create();
        RowFile.Write(pending.Stream, rows, type);
        // Workers read it whole.
        if (pending.Stream.Position > Array.MaxLength)
            throw new InputException($"the {kind} of the run", $"{rows.Length} rows of {pending.Stream.Position} bytes", $"at most {Array.MaxLength} bytes of rows", "use fewer, by data.limit or in the files");
        return new RowSource(pending.Commit(kind), rows.Length);
    }
}
