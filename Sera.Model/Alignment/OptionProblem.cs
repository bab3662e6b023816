namespace Sera.Model.Alignment;

/// <summary>An option out of its range.</summary>
/// <param name="Key">As in hocon/reference.conf, below the root: loss.beta.</param>
public sealed record OptionProblem(string Key, string Found, string Expected);
