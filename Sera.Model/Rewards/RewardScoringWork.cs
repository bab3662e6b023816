using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;

namespace Sera.Model.Rewards;

/// <summary>Rewards of groups of responses by one reward model, each at its response's last token; a quantum is one batch, laid out as scoring does.</summary>
public sealed class RewardScoringWork : IQuantumWork<ImmutableArray<GroupLogps>>
{
    private readonly LlamaModel _model;
    private readonly ImmutableArray<TokenGroup> _groups;
    private readonly ImmutableArray<ImmutableArray<Branches>> _batches;
    private readonly IDisposable? _lease;
    private readonly float[][] _rewards;
    private int _next;
    private long _done;
    private long _tokens;

    /// <param name="model">Laid out by <see cref="LlamaLayout.OfReward"/>. Borrowed; must outlive the work.</param>
    /// <param name="lease">Disposed with the work: what keeps the model alive; null when someone else does.</param>
    /// <exception cref="InputException">The model is none of rewards, or cannot compute a group (see <see cref="TokenGroups.Check"/>).</exception>
    public RewardScoringWork(LlamaModel model, ImmutableArray<TokenGroup> groups, int batchTokens, IDisposable? lease = null)
    {
        if (!model.Parameters.Layout.TryGet(LlamaLayout.Score, out _))
            throw new InputException("the model", $"no '{LlamaLayout.Score}'", "a reward model", "train one with sera reward-model");
        TokenGroups.Check(groups, model.Config);
        (_model, _groups, _lease) = (model, groups, lease);
        _batches = Branches.Batches(groups, batchTokens);
        _rewards = [.. groups.Select(g => new float[g.Responses.Length])];
    }

    public WorkProgress Progress => new(_done, _groups.Sum(g => (long)g.Responses.Length), _tokens);

    /// <summary>Without log-probabilities: a reward model has none.</summary>
    public ImmutableArray<GroupLogps> Result => _next == _batches.Length
        ? [.. _groups.Select((group, i) => new GroupLogps(group.Id, [], Rewards: [.. _rewards[i]]))]
        : throw new InvalidOperationException("the scoring has not ended");

    public bool Advance()
    {
        if (_next == _batches.Length) return false;
        var batch = new TokenBatch(_groups, _batches[_next++], whole: true);
        var ends = RewardValues.Ends(RewardValues.Of(_model, _model.Parameters.Block(LlamaLayout.Score), batch), batch.Lengths);
        for (var i = 0; i < ends.Length; i++)
        {
            var (group, response) = batch.Responses[i];
            _rewards[group][response] = ends[i];
        }
        (_done, _tokens) = (_done + ends.Length, _tokens + batch.Tokens);
        return true;
    }

    public void Dispose() => _lease?.Dispose();
}
