using System.Collections.Immutable;

namespace Sera.Model.Training;

/// <summary>Training met so many losses that are not finite that going on would hide a fault.</summary>
public sealed class NonFiniteLossException(string message, ImmutableArray<string> pairs) : Exception(message)
{
    /// <summary>Ids of the examples whose loss was not finite; may be empty when only the gradient was.</summary>
    public ImmutableArray<string> Pairs { get; } = pairs;
}
