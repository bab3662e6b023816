using System.Collections.Immutable;

namespace Sera.Model.Training;

/// <param name="TrainedFile">Safetensors: whole weights, or an adapter under the names of PEFT.</param>
/// <param name="IsAdapter">Which of the two.</param>
/// <param name="Steps">Of this process; steps before a resume are not in it.</param>
public sealed record SupervisedResult(string TrainedFile, bool IsAdapter, ImmutableArray<SupervisedMetrics> Steps);

/// <summary>Means over the learned tokens of one optimizer step.</summary>
/// <param name="Step">Steps taken, this one included.</param>
/// <param name="Loss">Negative log-likelihood a token, nats.</param>
/// <param name="NonFinite">Ids of examples whose likelihood was not finite; they added nothing to the gradient.</param>
public sealed record SupervisedMetrics(int Step, double Loss, double GradNorm, double LearningRate, ImmutableArray<string> NonFinite);
