using System.Collections.Immutable;
using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Engine;

public sealed class TorchPolicyEngineTests : IDisposable
{
    private static readonly TorchSettings Settings = new("cpu", 1);
    private readonly TemporaryFolder _folder = new();
    private readonly ArtifactStore _store;
    private readonly PolicyBases _bases;
    private readonly PolicyFolder _policy;

    public TorchPolicyEngineTests()
    {
        (_store, _bases) = (new ArtifactStore(_folder["work"]), new PolicyBases(_folder["work"]));
        _policy = SmallPolicy.Write(_folder["policy"], 1);
        _bases.Register(_policy);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Base_weights_and_adapters_are_scored_by_name_and_share_the_base()
    {
        var adapter = new PolicyRef(_policy.Digest, Adapter: WriteAdapter(5));
        var weights = new PolicyRef(_policy.Digest, Weights: WriteWeights(9));
        using var cache = new PolicyCache(_bases, _store, Settings);
        using var engine = new TorchPolicyEngine(cache, _store, Settings);
        var scores = new[] { new PolicyRef(_policy.Digest), adapter, weights }.Select(p => Score(engine, p)).ToArray();
        Assert.Equal(3, scores.Distinct().Count());
        Assert.Equal(3, cache.Count);
        Assert.Equal(scores[1], Score(engine, adapter));
        using var basePolicy = cache.Acquire(new PolicyRef(_policy.Digest));
        using var adapted = cache.Acquire(adapter);
        Assert.Same(basePolicy.Model.Parameters, adapted.Model.Parameters);
        Assert.Matches("^cpu (avx512|avx2|[a-z0-9]+)( mkl=avx512)?( heads=libtorch)? f32 kernels=[0-9]+ threads=1 libtorch=\\S+$", engine.Fingerprint);
    }

    [Fact]
    public void The_least_recently_used_policy_is_released_beyond_the_capacity_but_never_one_in_use()
    {
        using var cache = new PolicyCache(_bases, _store, Settings, capacity: 2);
        var refs = Enumerable.Range(0, 4).Select(i => new PolicyRef(_policy.Digest, Weights: WriteWeights((ulong)i))).ToArray();
        var held = refs.Select(cache.Acquire).ToArray();
        Assert.Equal(4, cache.Count);
        foreach (var lease in held) lease.Dispose();
        Assert.Equal(2, cache.Count);
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 8; i++)
            using (cache.Acquire(refs[i % 4]))
                Assert.InRange(cache.Count, 2, 3);
        Assert.Equal(2, cache.Count);
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Threads_that_ask_at_once_share_one_copy()
    {
        using var cache = new PolicyCache(_bases, _store, Settings);
        var models = new LlamaModel[8];
        var first = cache.Acquire(new PolicyRef(_policy.Digest));
        Parallel.For(0, models.Length, i =>
        {
            using var lease = cache.Acquire(new PolicyRef(_policy.Digest));
            models[i] = lease.Model;
        });
        Assert.All(models, model => Assert.Same(first.Model, model));
        Assert.Throws<InvalidOperationException>(cache.Dispose);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void What_cannot_be_loaded_is_an_error_each_time_and_is_not_remembered()
    {
        using var cache = new PolicyCache(_bases, _store, Settings);
        using var engine = new TorchPolicyEngine(cache, _store, Settings);
        var missing = new PolicyRef(_policy.Digest, Weights: Sha256.Of("nothing"));
        Assert.Throws<DamagedArtifactException>(() => Score(engine, missing));
        Assert.Throws<DamagedArtifactException>(() => Score(engine, missing));
        Assert.Throws<InputException>(() => Score(engine, new PolicyRef(Sha256.Of("no base"))));
        Assert.Throws<InputException>(() => engine.OpenScoring(new PolicyRef(_policy.Digest), [new TokenGroup("x", [1], [[999]])], 64));
        using (cache.Acquire(new PolicyRef(_policy.Digest)))
        {
        }
        File.AppendAllText(Path.Combine(_folder["policy"], "config.json"), " ");
        using var fresh = new PolicyCache(_bases, _store, Settings);
        Assert.Throws<InputException>(() => fresh.Acquire(new PolicyRef(_policy.Digest)));
        Assert.Equal(0, fresh.Count);
    }

    [Fact]
    public void In_bf16_policies_are_rounded_in_memory_and_exact_where_they_are_written_out()
    {
        var adapter = new PolicyRef(_policy.Digest, Adapter: WriteAdapter(5));
        using var cache = new PolicyCache(_bases, _store, Settings with { Precision = Precision.Bf16 });
        using (var rounded = cache.Acquire(adapter)) Assert.Equal(ScalarType.BFloat16, rounded.Model.DataType);
        using var scope = NewDisposeScope();
        using var stored = _policy.LoadWeights();
        using (var exact = cache.AcquireExact(adapter))
        {
            Assert.True(stored.Equals(exact.Model.Parameters.Flat));
            Assert.Equal(ScalarType.Float32, exact.Model.Adapter!.Parameters.Flat.dtype);
        }
        Assert.Equal(2, cache.Count);
    }

    /// <summary>A step too small for bf16 to see is not lost, and one that it sees is in the next forward pass.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_bf16_a_training_goes_on_from_exact_weights_and_computes_with_what_the_last_step_made(bool lora)
    {
        var settings = Settings with { Precision = Precision.Bf16 };
        using var cache = new PolicyCache(_bases, _store, settings);
        using var engine = new TorchPolicyEngine(cache, _store, settings);
        var start = lora ? new PolicyRef(_policy.Digest, Adapter: WriteAdapter(5)) : new PolicyRef(_policy.Digest, Weights: WriteWeights(9));
        using var scope = NewDisposeScope();
        using var before = cache.AcquireExact(start);
        var still = Train(engine, start, lora, 0);
        using (var after = cache.AcquireExact(still.Policy!)) Assert.True(Flat(before).Equals(Flat(after)), "the weights were rounded");
        Assert.Equal(still.Steps[0].Loss, still.Steps[1].Loss);
        var moved = Train(engine, start, lora, 1e-2);
        Assert.Equal(still.Steps[0].Loss, moved.Steps[0].Loss);
        Assert.True(moved.Steps[1].Loss < moved.Steps[0].Loss, "the second step was computed with the weights of the first");

        static Tensor Flat(PolicyLease lease) => (lease.Model.Adapter?.Parameters ?? lease.Model.Parameters).Flat;
    }

    /// <summary>Of whole weights, of an adapter merged, and taken whole; in fp32 whatever is computed in.</summary>
    [Theory]
    [InlineData(false, 0.25, Precision.F32)]
    [InlineData(true, 0.25, Precision.F32)]
    [InlineData(false, 0.25, Precision.Bf16)]
    [InlineData(true, 1, Precision.F32)]
    public void A_segment_that_says_so_ends_with_an_updated_reference(bool lora, double mix, Precision precision)
    {
        var settings = Settings with { Precision = precision };
        using var cache = new PolicyCache(_bases, _store, settings);
        using var engine = new TorchPolicyEngine(cache, _store, settings);
        var start = lora ? new PolicyRef(_policy.Digest, Adapter: WriteAdapter(5)) : new PolicyRef(_policy.Digest, Weights: WriteWeights(9));
        var old = new PolicyRef(_policy.Digest, Weights: WriteWeights(11));
        var segment = Segment(start, lora, 1e-2) with { ToStep = 1, Sync = new ReferenceSync(1, mix, old) };
        var reference = Run(engine, segment).Reference!;
        _store.Verify(reference.Artifact);
        Assert.Null(Run(engine, segment with { Sync = segment.Sync with { Steps = 2 } }).Reference);
        var whole = Run(engine, segment with { Sync = segment.Sync with { Mix = 1 } }).Reference!.Policy;
        Assert.Equal(lora, whole.Adapter is not null);
        if (mix >= 1)
        {
            Assert.Equal(whole, reference.Policy);
            return;
        }
        using var scope = NewDisposeScope();
        using var ours = cache.Open(whole);
        using var theirs = cache.Open(old);
        using var expected = PolicySum.Of(_policy.Config, [(ours, mix), (theirs, 1 - mix)]);
        using var found = cache.AcquireExact(reference.Policy);
        Assert.Null(found.Model.Adapter);
        Assert.True(expected.Equals(found.Model.Parameters.Flat));
        Assert.NotEqual(Score(engine, old), Score(engine, reference.Policy));
    }

    private TrainingResult Train(TorchPolicyEngine engine, PolicyRef start, bool lora, double learningRate) => Run(engine, Segment(start, lora, learningRate));

    private TrainingSegment Segment(PolicyRef start, bool lora, double learningRate)
    {
        var row = new TrainingPairRow("p", [1, 2, 3], [7, 8, 9, 2], [5, 2], -20, -10, null, "offline");
        var pairs = _store.Write("training-pairs", RowFile.Write([row], RowJson.Default.TrainingPairRow));
        var options = new TrainingOptions(lora ? new LoraOptions(2, 4, ["q_proj", "down_proj"]) : null, 2, learningRate, 0, 0, 1, 1, 4096, 100);
        return new TrainingSegment(start, [pairs], null, options, new LossOptions("dpo", 0.1, 0), 1, 0, 2, 2);
    }

    private static TrainingResult Run(TorchPolicyEngine engine, TrainingSegment segment)
    {
        using var work = engine.OpenTraining(segment);
        while (work.Advance())
        {
        }
        return work.Result;
    }

    private static float Score(TorchPolicyEngine engine, PolicyRef policy)
    {
        using var work = engine.OpenScoring(policy, [new TokenGroup("g", [1, 2, 3], [[7, 8, 9, 2], [5, 2]])], 64);
        while (work.Advance())
        {
        }
        return work.Result[0].Logps[0];
    }

    private string WriteWeights(ulong seed)
    {
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(_policy.Config), LlamaWeights.Random(_policy.Config with { InitializerRange = 0.3 }, seed));
        using var pending = _store.Create();
        SafetensorsWriter.Write(pending.Stream, parameters);
        return pending.Commit("weights").Sha256;
    }

    private string WriteAdapter(ulong seed)
    {
        var options = new LoraOptions(2, 4, ImmutableArray.Create("q_proj", "down_proj"));
        var layout = LoraAdapter.LayoutOf(_policy.Config, options);
        using var generator = new Generator(seed);
        using var adapter = new LoraAdapter(_policy.Config, options, FlatParameters.Frozen(layout, randn(layout.Length, generator: generator)));
        using var pending = _store.Create();
        AdapterFile.Write(pending.Stream, adapter);
        return pending.Commit("adapter").Sha256;
    }
}
