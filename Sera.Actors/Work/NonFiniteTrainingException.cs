namespace Sera.Actors.Work;

/// <summary>Training left the finite numbers; going on would spread them into the weights.</summary>
public sealed class NonFiniteTrainingException(string message) : Exception(message);
