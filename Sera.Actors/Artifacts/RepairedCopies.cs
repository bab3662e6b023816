using System.Collections.Immutable;

namespace Sera.Actors.Artifacts;

/// <summary>What came of a repair.</summary>
/// <param name="Checked">Artifacts whose copies were counted.</param>
/// <param name="Repaired">Those that had too few and have enough now.</param>
/// <param name="Scarce">Those that had too few and still have.</param>
/// <param name="Lost">Those that no node had.</param>
internal sealed record RepairedCopies(int Checked, int Repaired, int Scarce, ImmutableArray<string> Lost);
