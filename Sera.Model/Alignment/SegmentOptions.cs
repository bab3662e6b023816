namespace Sera.Model.Alignment;

/// <summary>Bootstrapping by resampled segments (SAPO, arXiv 2405.20830): <see cref="ResampledSegment"/>.</summary>
/// <param name="Tokens">Most new tokens of a segment, &gt;= 1.</param>
public sealed record SegmentOptions(int Tokens);
