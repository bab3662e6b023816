namespace Sera.Host.Commands;

/// <summary>How much is told of a run while it works and at its end.</summary>
internal enum Telling
{
    /// <summary>Its progress, and the table of its rounds.</summary>
    Whole,

    /// <summary>Its summary as JSON, and nothing else.</summary>
    Json,

    /// <summary>What was decided, a line each: for one of many runs, whose end others tell.</summary>
    Notes,
}
