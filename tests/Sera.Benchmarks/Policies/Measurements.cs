using Sera.Benchmarks.Results;

namespace Sera.Benchmarks.Policies;

/// <summary>Times, throughput and memory of one row after another.</summary>
/// <param name="tokens">That one repetition is worth.</param>
internal sealed class Measurements(double tokens, int repeats, Action<string> tell, CancellationToken stop)
{
    private readonly List<Measurement> _all = [];

    public IReadOnlyList<Measurement> All => _all;

    /// <param name="goal">Of the throughput.</param>
    public void Add(string row, Action action, string? goal = null)
    {
        tell(row);
        ModelOptions.ForgetPeak();
        var samples = ModelOptions.Time(repeats, action, stop);
        _all.Add(new Measurement(row, "time", "ms", samples));
        _all.Add(new Measurement(row, "throughput", "tokens/s", [.. samples.Select(ms => tokens * 1000 / ms)], goal));
        _all.Add(new Measurement(row, "resident at the peak", "MiB", [ModelOptions.PeakResidentMiB()]));
    }
}
