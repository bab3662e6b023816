using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>A response as a calibration sees it.</summary>
/// <param name="Reward">Ensembled implicit reward, finite.</param>
/// <param name="Characters">Unicode code points of its text.</param>
public readonly record struct ScoredLength(double Reward, int Characters);

/// <summary>What a calibration takes off a reward.</summary>
/// <param name="Parameter">For the report.</param>
/// <param name="Of">Reward units, by the characters of a response that was among those it was fitted to.</param>
public sealed record LengthTerm(double Parameter, Func<int, double> Of);

/// <summary>A calibration: from the fit responses of a round, prompt by prompt, to what is taken off. Pure, whatever the order of the prompts.</summary>
/// <param name="beta">Scale of the implicit reward: reward / beta is in nats.</param>
public delegate LengthTerm LengthFit(IReadOnlyList<ImmutableArray<ScoredLength>> prompts, CalibrationOptions options, double beta);
