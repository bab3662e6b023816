using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Engine.Native;
using Sera.Model.Models.Llama;

namespace Sera.Model.Scoring;

/// <summary>Log-probabilities of groups of responses under one policy; a quantum is one batch. The layout depends on the groups and the budget alone.</summary>
public sealed class ScoringWork : IQuantumWork<ImmutableArray<GroupLogps>>
{
    private readonly LlamaModel _model;
    private readonly ImmutableArray<TokenGroup> _groups;
    private readonly ImmutableArray<ImmutableArray<Branches>> _batches;
    private readonly IDisposable? _lease;
    private readonly float[][] _logps;
    private readonly ImmutableArray<float>[][]? _byToken;
    private readonly ImmutableArray<float>[][]? _states;
    private readonly long _total;
    private int _next;
    private long _done;
    private long _tokens;

    /// <param name="model">Borrowed; must outlive the work.</param>
    /// <param name="lease">Disposed with the work: what keeps the model alive; null when someone else does.</param>
    /// <exception cref="InputException">The policy cannot compute a group (see <see cref="TokenGroups.Check"/>).</exception>
    public ScoringWork(LlamaModel model, ImmutableArray<TokenGroup> groups, int batchTokens, IDisposable? lease = null, ScoreDetails details = ScoreDetails.None)
    {
        TokenGroups.Check(groups, model.Config);
        (_model, _groups, _lease) = (model, groups, lease);
        _batches = Branches.Batches(groups, batchTokens);
        _logps = [.. groups.Select(g => new float[g.Responses.Length])];
        _byToken = details.HasFlag(ScoreDetails.Tokens) ? [.. groups.Select(g => new ImmutableArray<float>[g.Responses.Length])] : null;
        _states = details.HasFlag(ScoreDetails.States) ? [.. groups.Select(g => new ImmutableArray<float>[g.Responses.Length])] : null;
        _total = groups.Sum(g => (long)g.Responses.Length);
    }

    public WorkProgress Progress => new(_done, _total, _tokens);

    public ImmutableArray<GroupLogps> Result => _next == _batches.Length
        ? [.. _groups.Select((group, i) => new GroupLogps(
            group.Id, [.. _logps[i]], _byToken is null ? null : [.. _byToken[i]], _states is null ? null : [.. _states[i]]))]
        : throw new InvalidOperationException("the scoring has not ended");

    public bool Advance()
    {
        if (_next == _batches.Length) return false;
        var batch = new TokenBatch(_groups, _batches[_next++], whole: _states is not null);
        var (byToken, states) = _states is null ? (SequenceLogps.OfTokens(_model, batch), []) : SequenceLogps.WithStates(_model, batch);
        var logps = SequenceLogps.Sum(byToken, batch.Lengths);
        var at = 0;
        for (var i = 0; i < logps.Length; i++)
        {
            var (group, response) = batch.Responses[i];
            _logps[group][response] = logps[i];
            if (_byToken is not null) _byToken[group][response] = [.. byToken.AsSpan(at, batch.Lengths[i])];
            if (_states is not null) _states[group][response] = [.. states[i]];
            at += batch.Lengths[i];
        }
        (_done, _tokens) = (_done + logps.Length, _tokens + batch.Tokens);
        FreedMemory.GiveBackMuch();
        return true;
    }

    public void Dispose() => _lease?.Dispose();
}
