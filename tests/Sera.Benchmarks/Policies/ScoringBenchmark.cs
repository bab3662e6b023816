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
    private readonly Option<string[]> _shapes = ModelOptions.Shapes();
    private readonly Option<string[]> _types = ModelOptions.Types();
    private readonly Option<int> _prompts = Number("--prompts", "Prompts of 128 tokens.", 16);
    private readonly Option<int> _samples = Number("--samples", "Responses a prompt, of 32 to 128 tokens.", 4);
    private readonly Option<int> _budget = Number("--batch-tokens", "Tokens computed together.", 4096);
    private readonly Option<int> _repeats = Number("--repeats", "Scorings timed, after one that is not.", 7);
    private readonly Option<int> _threads = Number("--threads", "libtorch threads; and so many workers of one thread each.", Environment.ProcessorCount);
    private readonly Option<bool> _naive = new("--naive") { Description = "Measure the plain way in the same run too.", DefaultValueFactory = _ => true };

    public override string Name => "scoring";

    public override string Description => "W2: log-probabilities of 16 prompts with 4 responses each under two policies.";

    public override IReadOnlyList<Option> Options => [_shapes, _types, _prompts, _samples, _budget, _repeats, _threads, _naive];

    public override Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        new TorchSettings("cpu", parsed.GetValue(_threads)).Apply();
        var results = new Measurements(parsed.GetValue(_repeats), tell, stop);
        foreach (var shape in parsed.GetValue(_shapes)!)
        {
            var config = Shapes.Of(shape);
            var groups = Shapes.Groups(config, parsed.GetValue(_prompts), parsed.GetValue(_samples), 1);
            foreach (var naive in parsed.GetValue(_naive) ? new[] { false, true } : [false])
                foreach (var type in parsed.GetValue(_types)!) Measure(results, config, groups, $"{shape} {type}", type, naive, parsed.GetValue(_budget), parsed.GetValue(_threads));
        }
        return Task.FromResult(results.All);
    }

    private static void Measure(Measurements results, LlamaConfig config, ImmutableArray<TokenGroup> groups, string row, string type, bool naive, int budget, int threads)
    {
        using var policy = new RandomPolicy(config, 1, ModelOptions.TypeOf(type));
        using var reference = new RandomPolicy(config, 2, ModelOptions.TypeOf(type));
        LlamaModel[] models = [policy.Model, reference.Model];
        var tokens = groups.Sum(g => g.Responses.Sum(r => 2.0 * r.Length));
        if (!naive)
        {
            results.Add($"{row}, 1 worker", tokens, () => Score(models, groups, budget));
            if (threads == 1) return;
            set_num_threads(1);
            results.Add($"{row}, {threads} workers", tokens, () => Workers(models, groups, budget, threads));
            set_num_threads(threads);
            return;
        }
        results.Add($"{row} plain", tokens, () => Naive(models, groups));
        results.Compare($"{row} plain", row);
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

    /// <summary>So many workers of one thread each, as a run has them; each takes what the others left.</summary>
    private static void Workers(LlamaModel[] models, ImmutableArray<TokenGroup> groups, int budget, int workers)
    {
        var shards = models.SelectMany(model => groups.Chunk((groups.Length + 1) / 2).Select(shard => (Model: model, Groups: shard.ToImmutableArray()))).ToArray();
        var next = -1;
        var threads = Enumerable.Range(0, workers).Select(_ => new Thread(() =>
        {
            while (Interlocked.Increment(ref next) is var shard && shard < shards.Length) Score([shards[shard].Model], shards[shard].Groups, budget);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
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
