using System.Collections.Immutable;

namespace Sera.Model.Models.Llama;

/// <summary>The segments of packed tokens as a layer sees them: all before a token, or a window.</summary>
internal sealed class SegmentsByLayer(LlamaConfig config, ImmutableArray<Segment> segments)
{
    public ImmutableArray<Segment> All => segments;

    /// <summary>Of the layers that slide; the same where none does.</summary>
    public ImmutableArray<Segment> Sliding { get; } =
        config.Window is { } window && !config.SlidingLayers.IsEmpty ? [.. segments.Select(s => s.Within(window))] : segments;

    public ImmutableArray<Segment> Of(int layer) => config.Slides(layer) ? Sliding : All;
}
