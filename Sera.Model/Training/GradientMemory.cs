using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Scoring;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// What one micro-batch leaves for the next: the policy, whose trained parameters are overwritten when those of another step are asked for, and
/// the pairs of the round. Forgetting it costs time only. Owned by an engine, one thread at a time.
/// </summary>
public sealed class GradientMemory : IDisposable
{
    private TrainablePolicy? _policy;
    private PolicyRef? _start;
    private string? _parameters;
    private ImmutableArray<ArtifactRef> _artifacts = [];
    private ImmutableArray<ArtifactRef>? _scores;
    private ImmutableArray<TrainingPairRow> _pairs = [];

    /// <summary>Policy and pairs of a micro-batch, borrowed until the next call.</summary>
    /// <inheritdoc cref="GradientWork(GradientRequest, ArtifactStore, Func{PolicyRef, StartingPolicy}, GradientMemory)"/>
    internal (TrainablePolicy Policy, ImmutableArray<TrainingPairRow> Pairs) Recall(
        GradientRequest request, ArtifactStore store, Func<PolicyRef, StartingPolicy> load)
    {
        try
        {
            if (!IsFor(request)) Open(request, load);
            if (!_artifacts.SequenceEqual(request.Pairs) || !(_scores ?? []).SequenceEqual(request.ReferenceScores ?? [])) ReadPairs(request, store);
            if (_parameters != request.Parameters.Sha256) ReadParameters(request.Parameters, store);
            return (_policy!, _pairs);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Forgets everything; the memory may be used again.</summary>
    public void Dispose()
    {
        _policy?.Dispose();
        (_policy, _start, _parameters, _artifacts, _scores, _pairs) = (null, null, null, [], null, []);
    }

    private bool IsFor(GradientRequest request) => _policy is { } policy && _start == request.Start && policy.Recompute == request.Recompute
        && (policy.Model.Adapter, request.Lora) switch
        {
            (null, null) => true,
            ({ } adapter, { } lora) => TrainingStart.Same(adapter.Options, lora),
            _ => false,
        };

    private void Open(GradientRequest request, Func<PolicyRef, StartingPolicy> load)
    {
        Dispose();
        // The seed is of no matter: what it would draw is overwritten.
        _policy = TrainingStart.Open(load(request.Start), request.Lora, 0, request.Recompute);
        _start = request.Start;
    }

    private void ReadPairs(GradientRequest request, ArtifactStore store)
    {
        _artifacts = [];
        _pairs = TrainingPairs.Read(store, request.Pairs, request.ReferenceScores);
        TokenGroups.Check([.. _pairs.Select(TrainingPairs.GroupOf)], _policy!.Model.Config);
        (_artifacts, _scores) = (request.Pairs, request.ReferenceScores);
    }

    private void ReadParameters(ArtifactRef parameters, ArtifactStore store)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var flat = _policy!.Trained.Flat;
        _parameters = null;
        if (flat.device.type == TorchSharp.DeviceType.CPU)
        {
            FlatFile.Read(store, parameters, flat);
        }
        else
        {
            var read = empty(flat.shape[0]);
            FlatFile.Read(store, parameters, read);
            flat.copy_(read);
        }
        _policy!.Trained.Refresh();
        _parameters = parameters.Sha256;
    }
}
