using System.Runtime.Intrinsics;
using CsCheck;
using Sera.Model.Kernels;
using Sera.Model.Models;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Kernels;

/// <summary>The vector kernels against the same operations of libtorch, on shapes that fill vectors and shapes that do not, in both types.</summary>
public sealed class CpuKernelsTests
{
    private static readonly IKernels Fast = new CpuKernels();
    private static readonly IKernels Plain = new TorchKernels();
    private static readonly Gen<(int Rows, int Size, bool Narrow, uint Seed)> Shapes = Gen.Select(Gen.Int[1, 40], Gen.Int[1, 70], Gen.Bool, Gen.UInt);

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Normalization_and_its_gradient(bool centred, float shift) => Check(Shapes, (shape, draw) =>
    {
        var (x, delta) = (draw.Wide(shape.Rows, shape.Size), draw.Typed(shape.Rows, shape.Size));
        var norm = new NormWeight(draw.Typed(shape.Size), draw.Wide(shape.Size), centred ? draw.Typed(shape.Size) : null, centred ? draw.Wide(shape.Size) : null, shift);
        var (ours, theirs) = (x.clone(), x.clone());
        var fast = Fast.AddNorm(ours, delta, norm, 1e-2f);
        var plain = Plain.AddNorm(theirs, delta, norm, 1e-2f);
        Same(theirs, ours, false);
        Same(plain.Scale, fast.Scale, false);
        Same(plain.Y, fast.Y, shape.Narrow);
        var dy = draw.Typed(shape.Rows, shape.Size);
        var dx = draw.Wide(shape.Rows, shape.Size);
        var dx2 = dx.clone();
        var again = norm with { Gradient = norm.Gradient!.clone(), BiasGradient = norm.BiasGradient?.clone() };
        Fast.NormBackward(ours, fast.Scale, norm, dy, dx);
        Plain.NormBackward(ours, fast.Scale, again, dy, dx2);
        Same(dx2, dx, false);
        Same(again.Gradient!, norm.Gradient!, false);
        if (centred) Same(again.BiasGradient!, norm.BiasGradient!, false);
    });

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void The_gradient_of_the_normalization_is_that_of_autograd(bool centred, float shift) => Check(Shapes, (shape, draw) =>
    {
        var x = draw.Wide(shape.Rows, shape.Size).requires_grad_();
        var (weight, bias) = (draw.Wide(shape.Size).requires_grad_(), draw.Wide(shape.Size).requires_grad_());
        var dy = draw.Wide(shape.Rows, shape.Size);
        using (enable_grad())
        {
            var y = centred ? nn.functional.layer_norm(x, [shape.Size], weight, bias, 1e-2) : x * rsqrt((x * x).mean([-1L], true) + 1e-2) * (shift + weight);
            y.backward([dy]);
        }
        var (dx, dWeight, dBias) = (zeros_like(x), zeros(shape.Size), zeros(shape.Size));
        var norm = new NormWeight(weight.detach(), dWeight, centred ? bias.detach() : null, centred ? dBias : null, shift);
        var fixedX = x.detach().clone();
        var (_, scale) = Fast.AddNorm(fixedX, null, norm, 1e-2f);
        Fast.NormBackward(fixedX, scale, norm, dy, dx);
        Same(x.grad!, dx, false);
        Same(weight.grad!, dWeight, false);
        if (centred) Same(bias.grad!, dBias, false);
    });

    [Theory]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.GeluTanh)]
    public void Gelu_and_its_gradient(Activation kind) => Check(Shapes, (shape, draw) =>
    {
        var x = draw.Typed(shape.Rows, shape.Size).mul(Scalars.Kept(3));
        Same(Plain.Activate(x, kind), Fast.Activate(x, kind), shape.Narrow);
        var wide = x.to(float32).requires_grad_();
        var dy = draw.Typed(shape.Rows, shape.Size);
        using (enable_grad())
        {
            var y = kind == Activation.Gelu ? nn.functional.gelu(wide) : 0.5 * wide * (1 + (Math.Sqrt(2 / Math.PI) * (wide + 0.044715 * wide.pow(3))).tanh());
            Same(y.detach(), Fast.Activate(x, kind), shape.Narrow);
            y.backward([dy.to(float32)]);
        }
        foreach (var kernels in new[] { Fast, Plain })
        {
            var written = x.clone();
            kernels.ActivateBackward(written, dy, kind);
            Same(wide.grad!, written, shape.Narrow);
        }
    });

    [Fact]
    public void Rotation_and_back() => Check(Gen.Select(Gen.Int[1, 9], Gen.Int[1, 40], Gen.Bool, Gen.UInt), (shape, draw) =>
    {
        var heads = draw.Typed(shape.Rows, 5, 2 * shape.Size + (int)(shape.Seed % 4));
        var angles = draw.Wide(shape.Rows, shape.Size);
        var (fast, plain) = (heads.clone(), heads.clone());
        Fast.Rotate(fast, 3, angles.cos(), angles.sin());
        Plain.Rotate(plain, 3, angles.cos(), angles.sin());
        Same(plain, fast, shape.Narrow);
        Assert.True(heads.narrow(1, 3, 2).Equals(fast.narrow(1, 3, 2)), "heads that are not turned were changed");
        Assert.True(heads.narrow(2, 2 * shape.Size, shape.Seed % 4).Equals(fast.narrow(2, 2 * shape.Size, shape.Seed % 4)), "what follows in a head was changed");
        Fast.Rotate(fast, 3, angles.cos(), angles.sin().neg());
        Same(heads, fast, shape.Narrow);
    });

    [Theory]
    [InlineData(Activation.GatedSilu)]
    [InlineData(Activation.GatedGeluTanh)]
    public void The_gate_and_its_gradient(Activation kind) => Check(Shapes, (shape, draw) =>
    {
        var gateUp = draw.Typed(shape.Rows, 2 * shape.Size);
        var wide = gateUp.to(float32).requires_grad_();
        var dGated = draw.Typed(shape.Rows, shape.Size);
        using (enable_grad())
        {
            var (gate, up) = (wide.narrow(1, 0, shape.Size), wide.narrow(1, shape.Size, shape.Size));
            var y = up * (kind == Activation.GatedSilu ? nn.functional.silu(gate) : 0.5 * gate * (1 + (Math.Sqrt(2 / Math.PI) * (gate + 0.044715 * gate.pow(3))).tanh()));
            foreach (var kernels in new[] { Fast, Plain }) Same(y.detach(), kernels.Gate(gateUp, kind), shape.Narrow);
            y.backward([dGated.to(float32)]);
        }
        foreach (var kernels in new[] { Fast, Plain })
        {
            var written = gateUp.clone();
            kernels.GateBackward(written, dGated, kind);
            Same(wide.grad!, written, shape.Narrow);
        }
    });

    [Fact]
    public void The_cap_and_its_gradient() => Check(Shapes, (shape, draw) =>
    {
        var x = draw.Typed(shape.Rows, shape.Size).mul(Scalars.Kept(8));
        var wide = x.to(float32).requires_grad_();
        var d = draw.Typed(shape.Rows, shape.Size);
        Tensor expected;
        using (enable_grad())
        {
            var y = (wide * 0.3 / 2.5).tanh() * 2.5;
            expected = y.detach();
            y.backward([d.to(float32)]);
        }
        foreach (var kernels in new[] { Fast, Plain })
        {
            var (capped, written) = (x.clone(), d.clone());
            kernels.Cap(capped, 0.3f, 2.5f);
            Same(expected, capped, shape.Narrow);
            kernels.CapBackward(expected.to(x.dtype), written, 0.3f, 2.5f);
            Same(wide.grad!, written, shape.Narrow);
        }
    });

    [Fact]
    public void The_hyperbolic_tangent_is_that_of_the_runtime() => Gen.Float[-12, 12].Sample(x =>
    {
        foreach (var value in new[] { x, x / 100, x * 1e-6f })
        {
            var expected = Math.Tanh(value);
            Assert.InRange(VectorMath.Tanh(Vector512.Create(value))[3] - expected, -2.5e-7 * Math.Abs(expected), 2.5e-7 * Math.Abs(expected));
        }
    });

    [Fact]
    public void Softmax_over_what_is_seen_and_its_gradient() => Check(Gen.Select(Gen.Int[1, 20], Gen.Int[1, 60], Gen.Bool, Gen.UInt), (shape, draw) =>
    {
        var (queries, keys) = (shape.Rows, shape.Size);
        var runs = new int[4 * queries];
        for (var q = 0; q < queries; q++)
        {
            int[] cuts = [draw.Below(keys), draw.Below(keys + 1), draw.Below(keys + 1), draw.Below(keys + 1)];
            Array.Sort(cuts);
            cuts[1] = Math.Max(cuts[1], cuts[0]);
            if (cuts[0] == cuts[1] && cuts[2] == cuts[3]) (cuts[2], cuts[3]) = (Math.Min(cuts[2], keys - 1), Math.Min(cuts[2], keys - 1) + 1);
            cuts.CopyTo(runs, 4 * q);
            if (runs[4 * q + 1] > runs[4 * q + 2]) runs[4 * q] = runs[4 * q + 1] = 0;
        }
        var visible = new Visibility(runs, keys);
        var scores = draw.Typed(3, 2 * queries, keys);
        var (fast, plain) = (scores.clone(), scores.clone());
        Fast.Softmax(fast, visible, 0.7f);
        Plain.Softmax(plain, visible, 0.7f);
        Same(plain, fast, shape.Narrow);
        var d = draw.Typed(3, 2 * queries, keys);
        var (dFast, dPlain) = (d.clone(), d.clone());
        Fast.SoftmaxBackward(plain, dFast, visible, 0.7f);
        Plain.SoftmaxBackward(plain, dPlain, visible, 0.7f);
        Same(dPlain, dFast, shape.Narrow);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Log_probabilities_of_labels_and_their_gradient(float cap) => Check(Shapes, (shape, draw) =>
    {
        var type = shape.Narrow ? ScalarType.BFloat16 : ScalarType.Float32;
        var products = draw.Wide(shape.Rows, shape.Size).mul(5).requires_grad_();
        var logits = products.detach().clone();
        if (cap > 0) Plain.Cap(logits, 1, cap);
        var labels = draw.Labels(shape.Rows, shape.Size);
        var fast = Fast.LabelLogps(logits, labels);
        var plain = Plain.LabelLogps(logits, labels);
        Same(plain.Logps, fast.Logps, false);
        Same(plain.LogSums, fast.LogSums, false);
        var d = draw.Wide(shape.Rows);
        using (enable_grad())
        {
            var capped = cap > 0 ? (products / cap).tanh() * cap : products;
            capped.log_softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1).backward([d]);
        }
        foreach (var kernels in new[] { Fast, Plain }) Same(products.grad!, kernels.LabelBackward(logits.clone(), labels, fast.LogSums, d, type, cap), shape.Narrow);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Log_probabilities_from_hidden_states_are_those_from_logits(float cap) => Check(Gen.Select(Gen.Int[1, 150], Gen.Int[1, 700], Gen.Bool, Gen.UInt), (shape, draw) =>
    {
        var (states, weight) = (draw.Typed(shape.Rows, 37), draw.Typed(shape.Size, 37));
        var labels = draw.Labels(shape.Rows, shape.Size);
        var output = new OutputMatrix(weight, cap);
        var logits = states.to(float32).matmul(weight.to(float32).t());
        Same(logits, CpuKernels.WideProduct(states, weight), false);
        if (cap > 0) logits = (logits / cap).tanh() * cap;
        Same(logits, Fast.Logits(states, output), false);
        var expected = Plain.LabelLogps(logits, labels);
        foreach (var kernels in new[] { Fast, Plain })
        {
            var (logps, sums) = kernels.LabelLogps(states, output, labels);
            Same(expected.Logps, logps, kernels == Plain && shape.Narrow);
            Same(expected.LogSums, sums, kernels == Plain && shape.Narrow);
        }
    });

    [Fact]
    public void A_step_of_AdamW() => Check(Gen.Select(Gen.Int[1, 200], Gen.Int[0, 3], Gen.Bool, Gen.UInt), (shape, draw) =>
    {
        var n = shape.Rows;
        Tensor[] start = [draw.Wide(n), draw.Wide(n), draw.Wide(n), draw.Wide(n).abs()];
        Tensor[] fast = [.. start.Select(t => t.clone())], plain = [.. start.Select(t => t.clone())];
        var (fastCopy, plainCopy) = (empty(n, ScalarType.BFloat16), empty(n, ScalarType.BFloat16));
        var step = AdamStep.At(1 + shape.Size, 1e-2, 0.1, 0.5);
        Fast.AdamW(fast[0], fast[1], fast[2], fast[3], fastCopy, n / 2, step);
        Plain.AdamW(plain[0], plain[1], plain[2], plain[3], plainCopy, n / 2, step);
        foreach (var i in new[] { 0, 2, 3 }) Same(plain[i], fast[i], false);
        Assert.True(fastCopy.Equals(fast[0].to(ScalarType.BFloat16)), "the copy is not the parameters rounded");
    });

    [Fact]
    public void What_is_not_finite_does_not_come_out_as_a_number()
    {
        using var scope = NewDisposeScope();
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity })
        {
            for (var at = 0; at < 35; at += 17)
            {
                var logits = ones(1, 35);
                logits[0, at] = bad;
                Assert.False(float.IsFinite(Fast.LabelLogps(logits, tensor(new[] { 1L })).Logps.item<float>()), $"{bad} at {at}");
                var weight = ones(35, 16);
                weight[at, 3] = bad;
                Assert.False(float.IsFinite(Fast.LabelLogps(ones(1, 16), new OutputMatrix(weight), tensor(new[] { 1L })).Logps.item<float>()), $"{bad} in the weights at {at}");
            }
        }
    }

    [Fact]
    public void Rounding_to_bf16_is_that_of_libtorch() => Gen.Float.Array[1, 50].Sample(
        values =>
        {
            using var scope = NewDisposeScope();
            var parameters = tensor(values.Select(v => float.IsNaN(v) ? 0 : v).ToArray());
            var (zero, copy) = (zeros_like(parameters), empty(values.Length, ScalarType.BFloat16));
            Fast.AdamW(parameters, zero, zeros_like(zero), zeros_like(zero), copy, 0, AdamStep.At(1, 0, 0, 1));
            Assert.True(copy.Equals(parameters.to(ScalarType.BFloat16)));
        },
        iter: 200, threads: 1);

    private static void Check(Gen<(int Rows, int Size, bool Narrow, uint Seed)> shapes, Action<(int Rows, int Size, bool Narrow, uint Seed), Draw> check) =>
        shapes.Sample(
            shape =>
            {
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                check(shape, new Draw(shape.Narrow, shape.Seed));
            },
            iter: 60, threads: 1);

    /// <summary>Equal to rounding: of fp32, or of one bf16 operation.</summary>
    private static void Same(Tensor expected, Tensor actual, bool narrow)
    {
        var (a, b) = (expected.to(float32), actual.to(float32));
        var tolerance = (narrow ? 1e-2 : 2e-5) * Math.Max(1, a.abs().max().item<float>());
        var difference = (a - b).abs().max().item<float>();
        Assert.True(difference <= tolerance, $"they differ by {difference}, more than {tolerance}");
    }

    /// <summary>Numbers by a seed.</summary>
    private sealed class Draw(bool narrow, uint seed)
    {
        private readonly Random _random = new((int)seed);

        public int Below(int end) => _random.Next(end);

        public Tensor Labels(int count, int end) => tensor(Enumerable.Range(0, count).Select(_ => (long)_random.Next(end)).ToArray());

        public Tensor Wide(params long[] shape) =>
            tensor(Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)(_random.NextDouble() * 4 - 2)).ToArray(), shape);

        public Tensor Typed(params long[] shape) => narrow ? Wide(shape).to(ScalarType.BFloat16) : Wide(shape);
    }
}
