using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Engine.Native;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// A policy and the optimizer that trains it: all of its parameters, or an adapter over frozen ones. Owns what is trained and the
/// optimizer's moments; what a training needs to go on is in these and in <see cref="StepsTaken"/>. One thread at a time.
/// </summary>
internal sealed class TrainablePolicy : IDisposable
{
    private readonly IDisposable? _frozen;
    private FlatAdamW? _optimizer;

    private Tensor? _sum;

    private TrainablePolicy(LlamaModel model, FlatParameters trained, IDisposable? frozen, bool recompute) =>
        (Model, Trained, _frozen, Recompute) = (model, trained, frozen, recompute);

    public LlamaModel Model { get; }

    public FlatParameters Trained { get; }

    /// <summary>Activations of a layer are computed again on the way back instead of kept.</summary>
    public bool Recompute { get; }

    /// <summary>Made when first asked for: who only computes gradients needs no moments.</summary>
    public FlatAdamW Optimizer => _optimizer ??= new FlatAdamW(Trained.Flat, Trained.Layout.MatrixLength);

    /// <summary>Mean margin of each step behind the present parameters, reward units; kept where the loss follows them (<see cref="MovingThreshold"/>).</summary>
    public List<double> Margins { get; } = [];

    /// <summary>Optimizer steps behind the present parameters.</summary>
    public int StepsTaken { get; set; }

    /// <param name="flat">Starting parameters, fp32, laid out by <see cref="LlamaLayout.Of"/>; owned from now on.</param>
    /// <param name="computed">Type of the forward and backward passes, fp32 or bf16.</param>
    public static TrainablePolicy Full(LlamaConfig config, Tensor flat, ScalarType computed = ScalarType.Float32, bool recompute = false)
    {
        var parameters = FlatParameters.Trainable(LlamaLayout.Of(config), flat, computed);
        return new TrainablePolicy(new LlamaModel(config, parameters), parameters, null, recompute);
    }

    /// <param name="parameters">Frozen; borrowed.</param>
    /// <param name="adapter">Starting adapter, fp32, laid out by <see cref="LoraAdapter.LayoutOf"/>; owned from now on.</param>
    /// <param name="frozen">Disposed at the end: what keeps the frozen parameters alive.</param>
    public static TrainablePolicy Lora(
        LlamaConfig config, FlatParameters parameters, LoraOptions options, Tensor adapter, IDisposable? frozen, bool recompute = false)
    {
        var trained = FlatParameters.Trainable(LoraAdapter.LayoutOf(config, options), adapter, parameters.Compute.dtype);
        return new TrainablePolicy(new LlamaModel(config, parameters, new LoraAdapter(config, options, trained)), trained, frozen, recompute);
    }

    /// <summary>Something else to train over a policy, such as a row of scores.</summary>
    /// <param name="model">Owned from now on; its adapter too, where that is what is trained.</param>
    /// <param name="trained">Owned from now on.</param>
    /// <param name="frozen">Disposed at the end: what keeps the parameters of the model alive.</param>
    public static TrainablePolicy Of(LlamaModel model, FlatParameters trained, IDisposable? frozen, bool recompute) => new(model, trained, frozen, recompute);

    /// <summary>
    /// The micro-batches of a step, each added to a gradient that is zero, and their sum, added in order, in the gradient at the end: the same
    /// additions wherever a micro-batch is computed.
    /// </summary>
    public List<TResult> Sum<TPart, TResult>(IReadOnlyList<TPart> microBatches, Func<TPart, TResult> add)
    {
        if (microBatches.Count == 1) return [add(microBatches[0])];
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var results = new List<TResult>();
        _sum ??= empty_like(Trained.Gradient!).DetachFromDisposeScope();
        _sum.zero_();
        foreach (var part in microBatches)
        {
            results.Add(add(part));
            _sum.add_(Trained.Gradient!);
            Trained.Gradient!.zero_();
            FreedMemory.GiveBackMuch();
        }
        Trained.Gradient!.copy_(_sum);
        return results;
    }

    /// <summary>Clips the summed gradient, takes one step with it and clears it.</summary>
    /// <returns>Norm of the gradient before clipping.</returns>
    /// <exception cref="NonFiniteLossException">The gradient is not finite; nothing was changed.</exception>
    public double Step(TrainingOptions options, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var norm = (double)Trained.Gradient!.norm().item<float>();
        if (!double.IsFinite(norm)) throw new NonFiniteLossException($"the gradient of step {StepsTaken + 1} is not finite", []);
        Optimizer.Step(Trained, StepsTaken, learningRate, options.WeightDecay, FlatAdamW.ClipScale(norm, options.ClipNorm));
        Trained.Gradient!.zero_();
        StepsTaken++;
        return norm;
    }

    public void Dispose()
    {
        _optimizer?.Dispose();
        _sum?.Dispose();
        Model.Dispose();
        if (Model.Adapter is { } adapter) adapter.Dispose();
        else Trained.Dispose();
        _frozen?.Dispose();
    }
}
