namespace Sera.Model.Alignment;

/// <summary>
/// What a direct alignment loss sees of a pair: summed response log-probabilities (nats) and response lengths (tokens, end-of-sequence included
/// when it was scored). The reference fields are not read by a loss that needs no reference.
/// </summary>
public readonly record struct PairLogps(
    double PolicyChosen, double PolicyRejected, double ReferenceChosen, double ReferenceRejected, int ChosenLength, int RejectedLength);
