namespace Sera.Model.Alignment;

/// <summary>A training reference that follows the policy within a round (TR-DPO, arXiv 2404.09656).</summary>
/// <param name="Steps">tau: optimizer steps from one update to the next, &gt;= 1.</param>
/// <param name="Mix">alpha: an update makes the reference alpha policy + (1 - alpha) reference, parameter by parameter; (0, 1], 1 = the policy itself.</param>
public sealed record ReferenceSyncOptions(int Steps, double Mix);
