namespace Sera.Actors.Work;

/// <summary>What a work order came to, and under which fingerprint; a file of the <see cref="ResultIndex"/>.</summary>
/// <param name="Fingerprint">Of the engine that did it; null for work that needs none.</param>
internal sealed record IndexEntry(string? Fingerprint, WorkResult Result);
