using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Sera.Model.Training;

namespace Sera.Model.Rewards;

/// <summary>
/// Trains a reward model on preference pairs, from a policy. A quantum is one optimizer step. Its whole state is one file in a folder; a training killed at any
/// moment goes on from it with the same bits. The result is the path of a safetensors file, laid out by <see cref="LlamaLayout.OfReward"/>.
/// </summary>
public sealed class RewardTraining : IQuantumWork<string>
{
    private readonly ImmutableArray<RewardPair> _pairs;
    private readonly RewardModelOptions _options;
    private readonly LlamaConfig _config;
    private readonly TrainingState _state;
    private readonly TrainingPlan _plan;
    private readonly LearningRateSchedule _schedule;
    private readonly TrainablePolicy _policy;
    private string? _result;
    private long _tokens;
    private int _nonFinite;

    /// <param name="start">Of full weights; owned from now on.</param>
    /// <param name="startDigest">Names the start's content: a state of another start is refused.</param>
    /// <param name="folder">Where the state and the trained weights are written; created when missing.</param>
    /// <param name="resume">Go on from the folder's state where there is one; otherwise it is deleted.</param>
    /// <exception cref="InputException">A pair cannot be learned, or the state belongs to another training.</exception>
    public RewardTraining(StartingPolicy start, string startDigest, ImmutableArray<RewardPair> pairs, RewardModelOptions options, string folder, bool resume)
    {
        (_pairs, _options, _config) = (pairs, options, start.Config);
        try
        {
            if (pairs.IsEmpty) throw new InputException("the pairs", "none", "at least one", "check the data file");
            if (pairs.FirstOrDefault(p => p.ChosenTokens.IsEmpty || p.RejectedTokens.IsEmpty) is { } empty)
                throw new InputException($"pair '{empty.Id}'", "a response without tokens", "at least one", "remove it");
            TokenGroups.Check([.. pairs.Select(p => new TokenGroup(p.Id, p.PromptTokens, [p.ChosenTokens, p.RejectedTokens]))], start.Config);
            _plan = new TrainingPlan(pairs.Length, options.Training.Epochs, options.Training.PairsPerStep, options.Seed);
            _schedule = new LearningRateSchedule(options.Training.LearningRate, options.Training.WarmupFraction, _plan.TotalSteps);
            _state = new TrainingState(Path.GetFullPath(folder), "reward.checkpoint.safetensors", "trained.safetensors", Inputs(startDigest, pairs, options));
        }
        catch
        {
            start.Dispose();
            throw;
        }
        _policy = RewardStart.Open(start, options);
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
    public RewardMetrics? Latest { get; private set; }

    public WorkProgress Progress => new(_policy.StepsTaken, _plan.TotalSteps, _tokens);

    public string Result => _result ?? throw new InvalidOperationException("the training has not ended");

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
        RewardPair[] pairs = [.. _plan.Step(step).Select(i => _pairs[i])];
        var (loss, accuracy, nonFinite, tokens) = RewardGradient.Add(_policy, pairs, _options.Everywhere, _options.Training.MicroBatchTokens);
        _tokens += tokens;
        _nonFinite += nonFinite.Length;
        if (nonFinite.Length == pairs.Length || (_nonFinite >= 3 && _nonFinite > 0.01 * _pairs.Length))
            throw new NonFiniteLossException(
                $"the loss of {_nonFinite} pairs up to step {step + 1} is not finite, the latest {string.Join(", ", nonFinite.Take(10))}", nonFinite);
        var rate = _schedule.At(step);
        var norm = _policy.Step(_options.Training, rate);
        Latest = new RewardMetrics(step + 1, loss, accuracy, norm, rate);
        if ((step + 1) % _options.Training.CheckpointEvery == 0 || step + 1 == _plan.TotalSteps) _state.Write(_policy);
    }

    private void Finish()
    {
        using var whole = FlatParameters.Frozen(LlamaLayout.OfReward(_config), RewardStart.Whole(_policy, _config));
        DurableFile.Write(_state.TrainedFile, stream => SafetensorsWriter.Write(stream, whole, new Dictionary<string, string> { ["format"] = "pt" }));
        _result = _state.TrainedFile;
    }

    private static string Inputs(string startDigest, ImmutableArray<RewardPair> pairs, RewardModelOptions options)
    {
        var text = new StringBuilder(startDigest).Append('\n').Append(JsonSerializer.Serialize(options, RewardJson.Default.RewardModelOptions));
        foreach (var pair in pairs) text.Append('\n').Append(JsonSerializer.Serialize(pair, RewardJson.Default.RewardPair));
        return Sha256.Of(text.ToString());
    }
}

/// <summary>Means over the pairs of one optimizer step.</summary>
/// <param name="Step">Steps taken, this one included.</param>
/// <param name="Accuracy">Share of the pairs that were ranked right by the rewards at their ends, before the step.</param>
public sealed record RewardMetrics(int Step, double Loss, double Accuracy, double GradNorm, double LearningRate);
