using System.Collections.Frozen;
using Sera.Model.Data;
using Sera.Model.Training.Losses;

namespace Sera.Model.Training;

/// <summary>The losses that training knows, by name; a new loss is one file in Losses/ and one line here.</summary>
public static class TensorLosses
{
    private static readonly FrozenDictionary<string, TensorLoss> ByName =
        new[] { DpoLoss.Entry, IpoLoss.Entry, SlicHfLoss.Entry, SimPoLoss.Entry }.ToFrozenDictionary(loss => loss.Name);

    public static IEnumerable<string> Names => ByName.Keys.Order(StringComparer.Ordinal);

    /// <exception cref="InputException">No loss has this name.</exception>
    public static TensorLoss Of(string name) => ByName.GetValueOrDefault(name)
        ?? throw new InputException("loss.name", $"'{name}'", string.Join(", ", Names), "choose one of these");
}
