using System.Collections.Immutable;
using System.CommandLine;
using Sera.Benchmarks.Naive;
using Sera.Benchmarks.Results;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using static TorchSharp.torch;

namespace Sera.Benchmarks.Policies;

/// <summary>W2: log-probabilities of responses under policy and reference, beside one padded row a response.</summary>
internal sealed class ScoringBenchmark : Benchmark
{
    private readonly Option<string> _shape = ModelOptions.Shape();
    private readonly Option<string[]> _types = ModelOptions.Types();
    private readonly Option<int> _prompts = Number("--prompts", "Prompts of 128 tokens.", 16);
    private readonly Option<int> _samples = Number("--samples", "Responses a prompt, of 32 to 128 tokens.", 4);
    private readonly Option<int> _budget = Number("--batch-tokens", "Tokens computed together.", 4096);
    private readonly Option<int> _repeats = Number("--repeats", "Scorings timed, after one that is not.", 7);
    private readonly Option<int> _threads = Number("--threads", "libtorch threads.", Environment.ProcessorCount);
    private readonly Option<bool> _naive = new("--naive") { Description = "Measure the plain way in the same run too.", DefaultValueFactory = _ => true };

    public override string Name => "scoring";

    public override string Description => "W2: log-probabilities of 16 prompts with 4 responses each under two policies.";

    public override IReadOnlyList<Option> Options => [_shape, _types, _prompts, _samples, _budget, _repeats, _threads, _naive];

    public override Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        var config = Shapes.Of(parsed.GetValue(_shape)!);
        new TorchSettings("cpu", parsed.GetValue(_threads)).Apply();
        var groups = Shapes.Groups(config, parsed.GetValue(_prompts), parsed.GetValue(_samples), 1);
        var results = new Measurements(groups.Sum(g => g.Responses.Sum(r => 2.0 * r.Length)), parsed.GetValue(_repeats), tell, stop);
        foreach (var naive in parsed.GetValue(_naive) ? new[] { false, true } : [false])
        {
            foreach (var type in parsed.GetValue(_types)!)
            {
                using var policy = Model(1, type);
                using var reference = Model(2, type);
                LlamaModel[] models = [policy.Model, reference.Model];
                if (naive) results.Add($"{type} plain", () => Naive(models, groups));
                else results.Add(type, () => Score(models, groups, parsed.GetValue(_budget)));
            }
        }
        return Task.FromResult(results.All);

        RandomPolicy Model(ulong seed, string type) => new(config, seed, ModelOptions.TypeOf(type));
    }

    private static void Score(LlamaModel[] models, ImmutableArray<TokenGroup> groups, int budget)
    {
        foreach (var model in models)
        {
            using var work = new ScoringWork(model, groups, budget);
            while (work.Advance())
            {
            }
        }
    }

    /// <summary>As the trainers of others do it: rows of 16 responses, padded to the longest, logits everywhere.</summary>
    private static void Naive(LlamaModel[] models, ImmutableArray<TokenGroup> groups)
    {
        using var noGrad = no_grad();
        foreach (var model in models)
        {
            foreach (var rows in groups.SelectMany(g => g.Responses.Select(r => (g.Prompt, r))).Chunk(16))
            {
                using var scope = NewDisposeScope();
                _ = new NaiveLlama(model).Logps(rows).data<float>().ToArray();
            }
        }
    }
}
