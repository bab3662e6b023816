using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Generation;
using Sera.Model.Rewards;
using Sera.Model.Scoring;
using Sera.Model.Training;
using static TorchSharp.torch;

namespace Sera.Model.Engine;

/// <summary>
/// The engine on libtorch. Borrows the policies of the process; each work it opens keeps its policy loaded until disposed. Remembers the
/// state of its latest training segment, so one engine that trains segment after segment reads no checkpoint, and the policy of its latest gradient, so the
/// next one loads nothing but the parameters of its step.
/// </summary>
public sealed class TorchPolicyEngine : IPolicyEngine
{
    private readonly PolicyCache _policies;
    private readonly ArtifactStore _store;
    private readonly TrainerMemory _memory = new();
    private readonly GradientMemory _gradients = new();

    /// <exception cref="Data.InputException">The device is unknown or not there.</exception>
    public TorchPolicyEngine(PolicyCache policies, ArtifactStore store, TorchSettings settings)
    {
        settings.Apply();
        (_policies, _store, Fingerprint) = (policies, store, settings.Fingerprint());
    }

    public string Fingerprint { get; }

    /// <exception cref="Data.InputException">The policy cannot be loaded, or cannot compute a group.</exception>
    public IQuantumWork<ImmutableArray<GroupLogps>> OpenScoring(
        PolicyRef policy, ImmutableArray<TokenGroup> groups, int batchTokens, ScoreDetails details = ScoreDetails.None) =>
        Open<IQuantumWork<ImmutableArray<GroupLogps>>>(policy, lease => details.HasFlag(ScoreDetails.Rewards)
            ? new RewardScoringWork(lease.Model, groups, batchTokens, lease)
            : new ScoringWork(lease.Model, groups, batchTokens, lease, details));

    /// <exception cref="Data.InputException">The policy cannot be loaded, or cannot compute a prompt.</exception>
    public IQuantumWork<ImmutableArray<PromptRollouts>> OpenGeneration(PolicyRef policy, GenerationRequest request) =>
        Open(policy, lease => new GenerationWork(lease.Model, lease.Tokenizer, request, lease));

    /// <exception cref="Data.InputException">The policy cannot be loaded, or cannot compute a pair.</exception>
    public IQuantumWork<TrainingResult> OpenTraining(TrainingSegment segment)
    {
        TorchSettings.EnterThread();
        return new TrainingWork(segment, _store, Load, _memory, _policies.Open);
    }

    /// <inheritdoc cref="OpenTraining"/>
    public IDistributedTraining OpenDistributedTraining(TrainingSegment segment)
    {
        TorchSettings.EnterThread();
        return new DistributedTraining(segment, _store, Load, _memory, _policies.Open);
    }

    /// <inheritdoc cref="OpenTraining"/>
    public IQuantumWork<GradientResult> OpenGradient(GradientRequest request)
    {
        TorchSettings.EnterThread();
        return new GradientWork(request, _store, Load, _gradients);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _gradients.Dispose();
    }

    private StartingPolicy Load(PolicyRef policy)
    {
        var lease = _policies.Acquire(policy);
        return new StartingPolicy(
            lease.Model.Config, lease.Model.Parameters, lease.Model.Adapter, lease, lease.Model.DataType == ScalarType.Float32 ? null : () => Exact(policy));
    }

    private Tensor Exact(PolicyRef policy)
    {
        using var lease = _policies.AcquireExact(policy);
        return (lease.Model.Adapter?.Parameters ?? lease.Model.Parameters).Flat.clone().DetachFromDisposeScope();
    }

    private TWork Open<TWork>(PolicyRef policy, Func<PolicyLease, TWork> open)
    {
        TorchSettings.EnterThread();
        var lease = _policies.Acquire(policy);
        try
        {
            return open(lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
