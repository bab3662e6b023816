using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Reports;

/// <summary>Everything the report of a run is drawn from.</summary>
/// <param name="Facts">Further lines for the head of the page, such as the files the run read.</param>
/// <param name="Rounds">By round, the starting policy (round 0, answers only) included.</param>
internal sealed record ReportData(
    RunSummary Summary, RunOptions Options, ImmutableArray<ReportFact> Facts, ImmutableArray<ReportRound> Rounds);

internal sealed record ReportFact(string Name, string Value);

/// <param name="Margins">Every candidate pair of the round and what became of it; margins that are not finite are left out of the pictures.</param>
/// <param name="Steps">Optimizer steps in order.</param>
/// <param name="Answers">What the round's policy said to the evaluation prompts.</param>
internal sealed record ReportRound(
    int Round, ImmutableArray<MarginRow> Margins, ImmutableArray<StepMetrics> Steps, ImmutableArray<AnswerRow> Answers);
