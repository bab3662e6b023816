using System.Collections.Immutable;
using System.CommandLine;
using Sera.Benchmarks.Results;
using Sera.Model.Engine;
using Sera.Model.Scoring;

namespace Sera.Benchmarks.Policies;

/// <summary>What ten times as much costs: ten times the pairs, ten times the responses to a prompt.</summary>
internal sealed class GrowthBenchmark : Benchmark
{
    private readonly Option<string[]> _shapes = ModelOptions.Shapes();
    private readonly Option<string[]> _types = ModelOptions.Types();
    private readonly Option<int> _pairs = Number("--pairs", "Pairs of the smaller work.", 32);
    private readonly Option<int> _prompts = Number("--prompts", "Prompts whose responses grow from 4 to 40.", 8);
    private readonly Option<int> _repeats = Number("--repeats", "Times each is done, after one that does not count.", 5);
    private readonly Option<int> _threads = Number("--threads", "libtorch threads.", Environment.ProcessorCount);

    public override string Name => "growth";

    public override string Description => "Scoring of ten times the pairs, and of ten times the responses to a prompt: time and memory.";

    public override IReadOnlyList<Option> Options => [_shapes, _types, _pairs, _prompts, _repeats, _threads];

    public override Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        new TorchSettings("cpu", parsed.GetValue(_threads)).Apply();
        var measured = new List<Measurement>();
        foreach (var shape in parsed.GetValue(_shapes)!)
        {
            foreach (var type in parsed.GetValue(_types)!)
            {
                var config = Shapes.Of(shape);
                using var policy = new RandomPolicy(config, 1, ModelOptions.TypeOf(type));
                var (pairs, prompts) = (parsed.GetValue(_pairs), parsed.GetValue(_prompts));
                Add($"{shape} {type}, pairs {pairs} to {10 * pairs}", "at most 10.3", Shapes.Groups(config, pairs, 2, 1), Shapes.Groups(config, 10 * pairs, 2, 1));
                Add($"{shape} {type}, responses 4 to 40", "under 8", Shapes.Groups(config, prompts, 4, 1), Shapes.Groups(config, prompts, 40, 1));

                void Add(string row, string goal, ImmutableArray<TokenGroup> few, ImmutableArray<TokenGroup> many)
                {
                    tell(row);
                    // Turn by turn, so that what else the machine does hits both alike.
                    var (small, large) = (new List<double>(), new List<double>());
                    for (var i = 0; i < parsed.GetValue(_repeats); i++)
                    {
                        small.AddRange(ModelOptions.Time(1, () => Score(policy, few), stop));
                        large.AddRange(ModelOptions.Time(1, () => Score(policy, many), stop));
                    }
                    ModelOptions.ForgetPeak();
                    Score(policy, few);
                    var before = ModelOptions.PeakResidentMiB();
                    ModelOptions.ForgetPeak();
                    Score(policy, many);
                    measured.Add(Measurement.Of(row, "time, from", "ms", small));
                    measured.Add(Measurement.Of(row, "time, to", "ms", large));
                    measured.Add(Measurement.Of(row, "grows", "times", large.Zip(small, (l, s) => l / s), goal));
                    measured.Add(Measurement.Of(row, "resident at the peak, from", "MiB", [before]));
                    measured.Add(Measurement.Of(row, "resident at the peak, to", "MiB", [ModelOptions.PeakResidentMiB()]));
                }
            }
        }
        return Task.FromResult<IReadOnlyList<Measurement>>(measured);
    }

    private static void Score(RandomPolicy policy, ImmutableArray<TokenGroup> groups)
    {
        using var work = new ScoringWork(policy.Model, groups, 4096);
        while (work.Advance())
        {
        }
    }
}
