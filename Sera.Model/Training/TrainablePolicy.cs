using Sera.Model.Adapters;
using Sera.Model.Alignment;
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

    private TrainablePolicy(LlamaModel model, FlatParameters trained, IDisposable? frozen) =>
        (Model, Trained, _frozen) = (model, trained, frozen);

    public LlamaModel Model { get; }

    public FlatParameters Trained { get; }

    /// <summary>Made when first asked for: who only computes gradients needs no moments.</summary>
    public FlatAdamW Optimizer => _optimizer ??= new FlatAdamW(Trained.Flat, Trained.Layout.MatrixLength);

    /// <summary>Optimizer steps behind the present parameters.</summary>
    public int StepsTaken { get; set; }

    /// <param name="flat">Starting parameters, laid out by <see cref="LlamaLayout.Of"/>; owned from now on.</param>
    public static TrainablePolicy Full(LlamaConfig config, Tensor flat)
    {
        var parameters = FlatParameters.Trainable(LlamaLayout.Of(config), flat);
        return new TrainablePolicy(new LlamaModel(config, parameters), parameters, null);
    }

    /// <param name="parameters">Frozen; borrowed.</param>
    /// <param name="adapter">Starting adapter, laid out by <see cref="LoraAdapter.LayoutOf"/>; owned from now on.</param>
    /// <param name="frozen">Disposed at the end: what keeps the frozen parameters alive.</param>
    public static TrainablePolicy Lora(LlamaConfig config, FlatParameters parameters, LoraOptions options, Tensor adapter, IDisposable? frozen)
    {
        var trained = FlatParameters.Trainable(LoraAdapter.LayoutOf(config, options), adapter);
        return new TrainablePolicy(new LlamaModel(config, parameters, new LoraAdapter(config, options, trained)), trained, frozen);
    }

    /// <summary>Clips the summed gradient, takes one step with it and clears it.</summary>
    /// <returns>Norm of the gradient before clipping.</returns>
    /// <exception cref="NonFiniteLossException">The gradient is not finite; nothing was changed.</exception>
    public double Step(TrainingOptions options, double learningRate)
    {
        using var scope = NewDisposeScope();
        var norm = FlatAdamW.Clip(Trained.Gradient!, options.ClipNorm);
        if (!double.IsFinite(norm)) throw new NonFiniteLossException($"the gradient of step {StepsTaken + 1} is not finite", []);
        Optimizer.Step(Trained.Flat, Trained.Gradient!, StepsTaken, learningRate, options.WeightDecay);
        Trained.Gradient!.zero_();
        StepsTaken++;
        return norm;
    }

    public void Dispose()
    {
        _optimizer?.Dispose();
        Model.Dispose();
        if (Model.Adapter is { } adapter) adapter.Dispose();
        else Trained.Dispose();
        _frozen?.Dispose();
    }
}
