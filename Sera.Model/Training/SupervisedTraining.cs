using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Scoring;

namespace Sera.Model.Training;

/// <summary>
/// Supervised training on prompts and responses, whole or LoRA, from a loaded policy or from fresh weights. A quantum is one optimizer step.
/// Its whole state is one file in a folder, replaced atomically; a training killed at any moment goes on from it with the same bits.
/// </summary>
public sealed class SupervisedTraining : IQuantumWork<SupervisedResult>
{
    private readonly ImmutableArray<TokenGroup> _groups;
    private readonly SupervisedOptions _options;
    private readonly TrainingState _state;
    private readonly TrainingPlan _plan;
    private readonly LearningRateSchedule _schedule;
    private readonly TrainablePolicy _policy;
    private readonly ImmutableArray<SupervisedMetrics>.Builder _steps = ImmutableArray.CreateBuilder<SupervisedMetrics>();
    private SupervisedResult? _result;
    private long _tokens;
    private int _nonFinite;

    /// <param name="start">Owned from now on.</param>
    /// <param name="startDigest">Names the start's content (the folder's digest, or config and seed): a state of another start is refused.</param>
    /// <param name="folder">Where the state and the trained weights are written; created when missing.</param>
    /// <param name="resume">Go on from the folder's state where there is one; otherwise it is deleted.</param>
    /// <exception cref="InputException">An example cannot be learned, or the state belongs to another training.</exception>
    public SupervisedTraining(
        StartingPolicy start, string startDigest, IReadOnlyList<SupervisedRow> rows, SupervisedOptions options, string folder, bool resume)
    {
        _options = options;
        try
        {
            _groups = [.. rows.Select(row => GroupOf(row, options.IncludePrompt))];
            if (_groups.IsEmpty) throw new InputException("the examples", "none", "at least one prompt and response", "check the data file");
            TokenGroups.Check(_groups, start.Config);
            _plan = new TrainingPlan(_groups.Length, options.Training.Epochs, options.Training.PairsPerStep, options.Seed);
            _schedule = new LearningRateSchedule(options.Training.LearningRate, options.Training.WarmupFraction, _plan.TotalSteps);
            _state = new TrainingState(Path.GetFullPath(folder), "sft.checkpoint.safetensors", "trained.safetensors", Inputs(startDigest, rows, options));
        }
        catch
        {
            start.Dispose();
            throw;
        }
        _policy = TrainingStart.Open(start, options.Training.Lora, options.Seed, options.Training.Recompute);
        try
        {
            _state.Begin(_policy, resume);
        }
        catch
        {
            _policy.Dispose();
            throw;
        }
    }

    /// <summary>Steps taken, of this and of earlier processes.</summary>
    public int StepsTaken => _policy.StepsTaken;

    /// <summary>The latest step of this process; null before the first.</summary>
    public SupervisedMetrics? Latest => _steps.Count == 0 ? null : _steps[^1];

    public WorkProgress Progress => new(_policy.StepsTaken, _plan.TotalSteps, _tokens);

    public SupervisedResult Result => _result ?? throw new InvalidOperationException("the training has not ended");

    public bool Advance()
    {
        if (_result is not null) return false;
        if (_policy.StepsTaken < _plan.TotalSteps) Step();
        else Finish();
        return true;
    }

    public void Dispose() => _policy.Dispose();

    private void Step()
    {
        var step = _policy.StepsTaken;
        TokenGroup[] groups = [.. _plan.Step(step).Select(i => _groups[i])];
        var (loss, nonFinite, tokens) = SupervisedGradient.Add(_policy, groups, _options.Training.MicroBatchTokens);
        _tokens += tokens;
        _nonFinite += nonFinite.Length;
        if (nonFinite.Length == groups.Length || (_nonFinite >= 3 && _nonFinite > 0.01 * _groups.Length))
            throw new NonFiniteLossException(
                $"the likelihood of {_nonFinite} examples up to step {step + 1} is not finite, the latest {string.Join(", ", nonFinite.Take(10))}", nonFinite);
        var rate = _schedule.At(step);
        var norm = _policy.Step(_options.Training, rate);
        _steps.Add(new SupervisedMetrics(step + 1, loss, norm, rate, nonFinite));
        if ((step + 1) % _options.Training.CheckpointEvery == 0 || step + 1 == _plan.TotalSteps)
            _state.Write(_policy);
    }

    private void Finish()
    {
        DurableFile.Write(_state.TrainedFile, stream => TrainedPolicy.Write(stream, _policy));
        _result = new SupervisedResult(_state.TrainedFile, _policy.Model.Adapter is not null, _steps.ToImmutable());
    }

    private static TokenGroup GroupOf(SupervisedRow row, bool includePrompt)
    {
        if (row.ResponseTokens.IsEmpty) throw new InputException($"example '{row.Id}'", "a response without tokens", "at least one", "remove it");
        if (!includePrompt || row.PromptTokens.IsEmpty) return new TokenGroup(row.Id, row.PromptTokens, [row.ResponseTokens]);
        return new TokenGroup(row.Id, row.PromptTokens[..1], [[.. row.PromptTokens.AsSpan()[1..], .. row.ResponseTokens]]);
    }

    private static string Inputs(string startDigest, IReadOnlyList<SupervisedRow> rows, SupervisedOptions options)
    {
        var text = new System.Text.StringBuilder(startDigest).Append('\n').Append(JsonSerializer.Serialize(options, SupervisedJson.Default.SupervisedOptions));
        foreach (var row in rows) text.Append('\n').Append(JsonSerializer.Serialize(row, SupervisedJson.Default.SupervisedRow));
        return Sha256.Of(text.ToString());
    }
}
