using System.Collections.Immutable;
using System.CommandLine;
using Sera.Benchmarks.Naive;
using Sera.Benchmarks.Results;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Training;
using static TorchSharp.torch;

namespace Sera.Benchmarks.Policies;

/// <summary>W1: one DPO step of 8 pairs, a prompt of 128 shared by both sides, responses of 32 to 128, AdamW; full fine-tuning and LoRA.</summary>
internal sealed class TrainingStepBenchmark : Benchmark
{
    private readonly Option<string[]> _shapes = ModelOptions.Shapes();
    private readonly Option<string[]> _types = ModelOptions.Types();
    private readonly Option<int> _repeats = Number("--repeats", "Steps measured, after one that is not.", 5);
    private readonly Option<int> _threads = Number("--threads", "libtorch threads.", Environment.ProcessorCount);
    private readonly Option<bool> _naive = new("--naive") { Description = "Measure the plain way in the same run too.", DefaultValueFactory = _ => true };

    public override string Name => "training-step";

    public override string Description => "W1: one DPO step of 8 pairs, full fine-tuning and LoRA.";

    public override IReadOnlyList<Option> Options => [_shapes, _types, _repeats, _threads, _naive];

    public override Task<IReadOnlyList<Measurement>> MeasureAsync(ParseResult parsed, Action<string> tell, CancellationToken stop)
    {
        new TorchSettings("cpu", parsed.GetValue(_threads)).Apply();
        var results = new Measurements(parsed.GetValue(_repeats), tell, stop);
        foreach (var shape in parsed.GetValue(_shapes)!) Measure(shape, results, parsed.GetValue(_types)!, parsed.GetValue(_naive));
        return Task.FromResult(results.All);
    }

    private static void Measure(string shape, Measurements results, string[] types, bool naive)
    {
        var config = Shapes.Of(shape);
        var groups = Shapes.Groups(config, 8, 2, 1);
        TrainingPairRow[] pairs = [.. groups.Select(g => new TrainingPairRow(g.Id, g.Prompt, g.Responses[0], g.Responses[1], -300, -310, null, "offline"))];
        double tokens = pairs.Sum(p => 2 * p.PromptTokens.Length + p.ChosenTokens.Length + p.RejectedTokens.Length);
        foreach (var type in types)
        {
            var computed = ModelOptions.TypeOf(type);
            foreach (var recompute in new[] { false, true })
            {
                using var full = TrainablePolicy.Full(config, LlamaWeights.Random(config, 1), computed, recompute);
                results.Add($"{shape} {type} full{(recompute ? ", recomputed" : "")}", tokens, () => Step(full, pairs));
            }
            using var frozen = FlatParameters.Frozen(LlamaLayout.Of(config), LlamaWeights.Random(config, 1).to(computed));
            var options = new LoraOptions(16, 32, ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]);
            var layout = Sera.Model.Adapters.LoraAdapter.LayoutOf(config, options);
            using var lora = TrainablePolicy.Lora(config, frozen, options, Sera.Model.Adapters.LoraAdapter.Initial(layout, 1, CPU), null);
            results.Add($"{shape} {type} LoRA 16", tokens, () => Step(lora, pairs));
        }
        // Last: what it took of memory stays with the process.
        foreach (var type in naive ? types : [])
        {
            results.Add($"{shape} {type} plain", tokens, Naive(config, groups, ModelOptions.TypeOf(type)));
            results.Compare($"{shape} {type} plain", $"{shape} {type} full");
        }
    }

    private static void Step(TrainablePolicy policy, TrainingPairRow[] pairs)
    {
        new PreferenceGradient(Loss).Add(policy, pairs, 1 << 20);
        policy.Step(Training, 1e-6);
    }

    private static LossOptions Loss { get; } = new("dpo", 0.1, 0);

    private static TrainingOptions Training { get; } = new(null, 1, 1e-6, 0, 0.01, 1, 8, 1 << 20, 1000);

    /// <summary>As TRL does it: padded rows, logits everywhere, the reference computed in each step, an optimizer with a tensor a parameter.</summary>
    private static Action Naive(LlamaConfig config, ImmutableArray<TokenGroup> groups, ScalarType type)
    {
        var layout = LlamaLayout.Of(config);
        using var drawn = LlamaWeights.Random(config, 1);
        var reference = layout.Parameters.ToDictionary(p => p.Name, p => drawn.narrow(0, p.Offset, p.Count).view([.. p.Shape]).to(type, copy: true).DetachFromDisposeScope());
        var policy = reference.ToDictionary(p => p.Key, p => new TorchSharp.Modules.Parameter(p.Value.clone().DetachFromDisposeScope()));
        var optimizer = optim.AdamW(policy.Values, 1e-6, weight_decay: 0.01);
        var rows = groups.Select(g => (g.Prompt, g.Responses[0])).Concat(groups.Select(g => (g.Prompt, g.Responses[1]))).ToArray();
        return () =>
        {
            using var scope = NewDisposeScope();
            Tensor fixedLogps;
            using (no_grad()) fixedLogps = new NaiveLlama(config, name => reference[name]).Logps(rows);
            var ratios = new NaiveLlama(config, name => policy[name]).Logps(rows) - fixedLogps;
            var margins = ratios.narrow(0, 0, groups.Length) - ratios.narrow(0, groups.Length, groups.Length);
            (-nn.functional.logsigmoid(margins * 0.1)).mean().backward();
            nn.utils.clip_grad_norm_(policy.Values, 1);
            optimizer.step();
            optimizer.zero_grad();
        };
    }
}
