namespace Sera.Model.Alignment;

/// <summary>
/// What a direct alignment loss sees of a pair: summed response log-probabilities (nats) and response lengths (tokens, end-of-sequence included
/// when it was scored). The reference fields are not read by a loss that needs no reference, those of the explored response only by one that explores.
/// </summary>
/// <param name="PolicyExplored">Of the explored response; 0 where the pair has none, as is its reference, so that it adds nothing.</param>
public readonly record struct PairLogps(
    double PolicyChosen, double PolicyRejected, double ReferenceChosen, double ReferenceRejected, int ChosenLength, int RejectedLength,
    double PolicyExplored = 0, double ReferenceExplored = 0);
