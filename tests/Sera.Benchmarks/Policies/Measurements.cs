using Sera.Benchmarks.Results;

namespace Sera.Benchmarks.Policies;

/// <summary>Times, throughput and memory of one row after another.</summary>
internal sealed class Measurements(int repeats, Action<string> tell, CancellationToken stop)
{
    private readonly List<Measurement> _all = [];

    public IReadOnlyList<Measurement> All => _all;

    /// <param name="tokens">That one repetition is worth.</param>
    public void Add(string row, double tokens, Action action)
    {
        tell(row);
        ModelOptions.ForgetPeak();
        var samples = ModelOptions.Time(repeats, action, stop);
        _all.Add(new Measurement(row, "time", "ms", samples));
        _all.Add(new Measurement(row, "throughput", "tokens/s", [.. samples.Select(ms => tokens * 1000 / ms)]));
        _all.Add(new Measurement(row, "resident at the peak", "MiB", [ModelOptions.PeakResidentMiB()]));
    }

    /// <summary>How many times as long the plain way took for each row that begins like it.</summary>
    public void Compare(string plain, string beginning)
    {
        var theirs = Time(plain);
        foreach (var row in _all.Where(m => m.Figure == "time" && m.Case != plain && m.Case.StartsWith(beginning, StringComparison.Ordinal)).ToList())
            _all.Add(Measurement.Of(row.Case, "against the plain way", "times", [theirs.Median / row.Median]));

        Measurement Time(string name) => _all.Single(m => m.Case == name && m.Figure == "time");
    }
}
