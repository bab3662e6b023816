using System.Collections.Immutable;
using CsCheck;
using Sera.Benchmarks.Naive;
using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Generation;
using Sera.Model.Generation.Cpu;
using Sera.Model.Kernels;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Models;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Generation;

/// <summary>Both decoders against the plain forward over whole sequences, on policies of random shape, with sequences that come and go.</summary>
public sealed class DecoderTests
{
    private static readonly Gen<Case> Cases =
        from kvHeads in Gen.Int[1, 3]
        from grouped in Gen.Int[1, 3]
        from half in Gen.Int[1, 17]
        from hidden in Gen.Int[5, 50]
        from inner in Gen.Int[3, 60]
        from layers in Gen.Int[1, 3]
        from tied in Gen.Bool
        from threads in Gen.Int[1, 3]
        from seed in Gen.UInt
        from config in RandomLlama.Variant(new LlamaConfig(41, hidden, inner, layers, kvHeads * grouped, kvHeads, 2 * half, 128, 1e-5, 10_000, null, tied, 0.2, 1, [2]))
        select new Case(config, threads, seed);

    [Fact]
    public void The_kernels_give_the_logits_of_the_plain_forward() =>
        Cases.Sample(c => Check(c, ScalarType.Float32, adapted: c.Seed % 2 == 0, model => new CpuDecoder<F32>(model, 12, c.Threads, 4), 1e-5), iter: 25, threads: 1);

    [Fact]
    public void In_bf16_they_give_them_as_far_as_stored_keys_and_values_allow() =>
        Cases.Sample(c => Check(c, ScalarType.BFloat16, adapted: false, model => new CpuDecoder<Bf16>(model, 12, c.Threads, 2), 0.05), iter: 25, threads: 1);

    [Fact]
    public void So_does_libtorch() =>
        Cases.Sample(c => Check(c, ScalarType.Float32, adapted: c.Seed % 2 == 0, model => new TorchDecoder(model), 1e-5), iter: 25, threads: 1);

    /// <summary>A row that ended stays in libtorch's cache while others go on, to positions beyond the context, of which a policy with learned ones has no vector.</summary>
    [Fact]
    public void Rows_that_ended_at_the_end_of_the_context_disturb_no_other()
    {
        var config = new LlamaConfig(41, 16, 8, 1, 2, 2, 8, 12, 1e-5, 10_000, null, true, 0.4, 1, [2]) { LayerNorm = true, LearnedPositions = true, RotarySize = 0 };
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(config), RandomLlama.Weights(config, 1));
        using var model = new LlamaModel(config, parameters);
        using var torch = new TorchDecoder(model);
        using var own = new CpuDecoder<F32>(model, 5, 2, 4);
        var logits = new Dictionary<(IDecoder, int), float[]>();
        foreach (var decoder in new IDecoder[] { torch, own })
        {
            decoder.Admit([([.. Enumerable.Range(3, 11)], 1), ([7], 4)], (_, _, _) => { });
            decoder.Decode([1, 2, 3, 4, 5], (_, _, _) => { });
            decoder.Keep([1, 2, 3, 4]);
            for (var step = 0; step < 5; step++)
            {
                decoder.Decode([9, 8, 7, 6], (row, _, values) =>
                {
                    lock (logits) logits[(decoder, row)] = values.ToArray();
                });
            }
        }
        for (var row = 0; row < 4; row++)
            for (var i = 0; i < 41; i++) Assert.Equal(logits[(torch, row)][i], logits[(own, row)][i], 1e-4f);
    }

    [Fact]
    public void Logits_that_are_not_finite_come_out_as_a_failure_and_nothing_hangs()
    {
        var config = new LlamaConfig(41, 16, 8, 1, 2, 1, 8, 128, 1e-5, 10_000, null, true, 0.4, 1, [2]);
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(config), LlamaWeights.Random(config, 1));
        using var model = new LlamaModel(config, parameters);
        using var decoder = new CpuDecoder<F32>(model, 4, 2, 4);
        var samplers = Enumerable.Range(0, decoder.Threads).Select(_ => new Sampler(new SamplingOptions(1, 1, 0, 9, []), 41)).ToArray();
        decoder.Admit([([3, 4, 5], 4)], (_, thread, logits) => samplers[thread].Draw(logits, 0.5));
        parameters[LlamaLayout.FinalNorm].fill_(float.NaN);
        Assert.Throws<NotFiniteNumberException>(() => decoder.Decode([1, 2, 3, 4], (_, thread, logits) => samplers[thread].Draw(logits, 0.5)));
    }

    /// <param name="tolerance">Root of the mean square of the errors, relative; a single row may have 20 times that.</param>
    private static void Check(Case c, ScalarType type, bool adapted, Func<LlamaModel, IDecoder> create, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(c.Config), RandomLlama.Weights(c.Config, c.Seed).to(type));
        using var adapter = adapted ? Adapter(c) : null;
        using var model = new LlamaModel(c.Config, parameters, adapter);
        var exact = parameters.Flat.to(float32);
        var oracle = adapter is null ? exact : LoraMerge.Merge(parameters, adapter);
        var layout = parameters.Layout;
        var naive = new NaiveLlama(c.Config, name => oracle.narrow(0, layout[name].Offset, layout[name].Count).view([.. layout[name].Shape]));
        using var decoder = create(model);
        var random = new Random((int)c.Seed);
        var sequences = new List<List<int>>();
        var (errors, sizes) = (0.0, 0.0);
        for (var turn = 0; turn < 4; turn++)
        {
            var prompts = Enumerable.Range(0, random.Next(1, 3)).Select(_ => (Some(random.Next(1, 40)), random.Next(1, 3))).ToArray();
            var seen = new HashSet<int>();
            var first = sequences.Count;
            foreach (var (prompt, samples) in prompts)
                for (var k = 0; k < samples; k++) sequences.Add([.. prompt]);
            decoder.Admit(prompts, (row, _, logits) => Read(row, logits, seen));
            Assert.Equal(Enumerable.Range(first, sequences.Count - first), seen.Order());
            for (var step = random.Next(1, 20); step > 0; step--)
            {
                var tokens = sequences.Select(_ => random.Next(41)).ToArray();
                for (var i = 0; i < tokens.Length; i++) sequences[i].Add(tokens[i]);
                seen.Clear();
                // Compared where a turn ends; the steps between are seen through it.
                decoder.Decode(tokens, (row, _, logits) => Read(row, step == 1 ? logits : default, seen));
                Assert.Equal(sequences.Count, seen.Count);
            }
            int[] kept = [.. Enumerable.Range(0, sequences.Count).Where(_ => random.Next(3) > 0)];
            decoder.Keep(kept);
            sequences = [.. kept.Select(i => sequences[i])];
            Assert.Equal(kept.Length, decoder.Rows);
        }
        Assert.True(errors <= Math.Pow(tolerance, 2) * sizes, $"all in all they are off by {Math.Sqrt(errors / sizes):P3}");

        void Read(int row, ReadOnlySpan<float> logits, HashSet<int> seen)
        {
            lock (seen) Assert.True(seen.Add(row));
            if (logits.IsEmpty) return;
            float[] expected;
            lock (seen) expected = Plain(sequences[row]);
            var (error, size) = (0.0, 0.0);
            for (var i = 0; i < 41; i++) (error, size) = (error + Math.Pow(expected[i] - logits[i], 2), size + Math.Pow(expected[i], 2));
            lock (seen) (errors, sizes) = (errors + error, sizes + size);
            Assert.True(error <= Math.Pow(20 * tolerance, 2) * size, $"row {row} is off by {Math.Sqrt(error / size):P3}");
        }

        float[] Plain(List<int> tokens)
        {
            using var inner = NewDisposeScope();
            using var none = no_grad();
            return naive.Logits(tensor(tokens.Select(t => (long)t).ToArray(), [1, tokens.Count]))[0, tokens.Count - 1].data<float>().ToArray();
        }

        ImmutableArray<int> Some(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(41))];
    }

    private static LoraAdapter Adapter(Case c)
    {
        var options = new LoraOptions(3, 4, ["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"]);
        var layout = LoraAdapter.LayoutOf(c.Config, options);
        return new LoraAdapter(c.Config, options, FlatParameters.Frozen(layout, randn(layout.Length, generator: new Generator(c.Seed)).mul_(0.3)));
    }

    private sealed record Case(LlamaConfig Config, int Threads, uint Seed);
}
