using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Training;

namespace Sera.Actors.Scoring;

/// <summary>One shard of pairs or rollouts getting its log-probabilities under one policy.</summary>
internal sealed class ScoringSession : IWorkSession
{
    private readonly WorkerSetup _setup;
    private readonly ImmutableArray<TokenGroup> _groups;
    private readonly IQuantumWork<ImmutableArray<GroupLogps>> _work;

    public ScoringSession(ScoreOrder order, IPolicyEngine engine, WorkerSetup setup)
    {
        _setup = setup;
        var prefix = order.Reads?.Prefix is { } artifact ? setup.Rows.Read(artifact, RowJson.Default.PromptPrefixRow)[0] : null;
        _groups = order.Shape switch
        {
            ScoredRowKind.Pairs => Groups(setup.Rows.Read(order.Rows, RowJson.Default.PairRow), order,
                p => new TokenGroup(p.Id, Prompt(p.PromptTokens), [p.ChosenTokens, p.RejectedTokens])),
            ScoredRowKind.Rollouts => Groups(setup.Rows.Read(order.Rows, RowJson.Default.RolloutRow), order,
                r => new TokenGroup(r.Id, Prompt(r.PromptTokens), [.. r.Responses.Select(response => response.Tokens)])),
            ScoredRowKind.TrainingPairs => Groups(setup.Rows.Read(order.Rows, RowJson.Default.TrainingPairRow), order,
                p => TrainingPairs.GroupOf(p) with { Prompt = Prompt(p.PromptTokens) }),
            _ => throw new InvalidOperationException($"unknown shape {order.Shape}"),
        };
        _work = engine.OpenScoring(order.Policy, _groups, order.BatchTokens, order.Reads?.Details ?? ScoreDetails.None);

        ImmutableArray<int> Prompt(ImmutableArray<int> tokens) => prefix?.Before(tokens) ?? tokens;
    }

    public WorkProgress Progress => _work.Progress;

    public bool Advance() => _work.Advance();

    public WorkResult Finish(WorkResult unfinished)
    {
        var scores = _work.Result.ToDictionary(g => g.Id, StringComparer.Ordinal);
        var rows = _groups.Select(g => scores[g.Id]).Select(g => new ScoreRow(g.Id, g.Logps, g.Tokens, g.States, g.Rewards));
        return unfinished with
        {
            Scored = new ScoredRows(_setup.Store.Write("scores", RowFile.Write(rows, RowJson.Default.ScoreRow)), _groups.Length),
        };
    }

    public void Dispose() => _work.Dispose();

    private static ImmutableArray<TokenGroup> Groups<T>(ImmutableArray<T> rows, ScoreOrder order, Func<T, TokenGroup> group) =>
        [.. rows.Skip(order.From).Take(order.To - order.From).Select(group)];
}
