using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>The gradient of one micro-batch. A quantum gets policy and parameters in place, the next one computes and writes.</summary>
public sealed class GradientWork : IQuantumWork<GradientResult>
{
    private readonly GradientRequest _request;
    private readonly ArtifactStore _store;
    private readonly Func<PolicyRef, StartingPolicy> _load;
    private readonly GradientMemory _memory;
    private bool _open;
    private GradientResult? _result;

    /// <param name="load">Loads a policy by name; called when the memory does not hold the request's.</param>
    /// <param name="memory">What the micro-batch before left; borrowed.</param>
    /// <exception cref="InputException">A pair has an empty response, or the policy cannot compute it.</exception>
    /// <exception cref="DamagedArtifactException">A pairs artifact or the parameters are not what their names say.</exception>
    public GradientWork(GradientRequest request, ArtifactStore store, Func<PolicyRef, StartingPolicy> load, GradientMemory memory) =>
        (_request, _store, _load, _memory) = (request, store, load, memory);

    public WorkProgress Progress => new(_result is null ? 0 : _request.Rows.Length, _request.Rows.Length, _result?.Tokens ?? 0);

    public GradientResult Result => _result ?? throw new InvalidOperationException("the gradient is not computed");

    public bool Advance()
    {
        if (_result is not null) return false;
        var (policy, pairs) = _memory.Recall(_request, _store, _load);
        if (_open) _result = Compute(policy, [.. _request.Rows.Select(row => pairs[row])]);
        return _open = true;
    }

    public void Dispose()
    {
    }

    private GradientResult Compute(TrainablePolicy policy, TrainingPairRow[] pairs)
    {
        using var scope = NewDisposeScope();
        var rowOf = new Dictionary<TrainingPairRow, int>(pairs.Zip(_request.Rows, KeyValuePair.Create), ReferenceEqualityComparer.Instance);
        policy.Trained.Gradient!.zero_();
        var outcome = new PreferenceGradient(_request.Loss).AddMicroBatch(policy, pairs, _request.Step);
        var finite = outcome.Finite;
        return new GradientResult(
            finite.IsEmpty ? null : FlatFile.Write(_store, ArtifactRef.GradientKind, policy.Trained.Gradient!, Convert.FromHexString(_request.Parameters.Sha256)),
            [.. finite.Select(o => (float)o.Loss)],
            [.. finite.Select(o => (float)o.Chosen)],
            [.. finite.Select(o => (float)o.Rejected)],
            [.. outcome.NonFinite.Select(pair => rowOf[pair])],
            outcome.Tokens);
    }
}
