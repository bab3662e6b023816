using CsCheck;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Alignment.Losses;

/// <summary>Every formula twice: derived forward by our own numbers, and backward by libtorch.</summary>
public sealed class LossTwinTests
{
    private static readonly Gen<PairLogps> Pair = Gen.Select(
        Gen.Double[-60, -1], Gen.Double[-60, -1], Gen.Double[-60, -1], Gen.Double[-60, -1], Gen.Int[1, 40], Gen.Int[1, 40],
        (pw, pl, rw, rl, nw, nl) => new PairLogps(pw, pl, rw, rl, nw, nl));

    private static readonly Gen<PairColumns> Columns = Gen.Select(
        Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 2], Gen.Double[0, 2], (c, s, uw, ul) => new PairColumns(c, s, uw, ul, 4 * uw, -3 * ul));

    /// <summary>A value of a parameter, from what losses are used with.</summary>
    private static double Draw(LossParameter parameter, double u) => parameter switch
    {
        _ when parameter == LossParameter.Smoothing => 0.01 + 0.4 * u,
        _ when parameter == LossParameter.PriorScale => 5 + 15 * u,
        _ when parameter == LossParameter.Offset || parameter == LossParameter.Threshold || parameter == LossParameter.PriorShift => 2 * u - 1,
        _ => 0.2 + 0.7 * u,
    };

    public static TheoryData<string> Names => [.. PreferenceLosses.All.Select(l => l.Name), "0.8 dpo + 0.2 bco + sft"];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_derivatives_are_those_of_autograd(string name)
    {
        var loss = PreferenceLosses.Get(name);
        string?[] divergences = loss.ReadsDivergence ? [.. Divergences.All] : [null];
        Gen.Select(Pair, Columns, Gen.Double[0.01, 2], Gen.Int[0, divergences.Length - 1].Select(i => divergences[i]), Gen.Double[0, 1]).Sample(
            (pair, columns, beta, divergence, u) =>
            {
                var plain = new LossOptions(name, beta, 0.5, divergence);
                Check(loss, plain, pair, columns);
                Check(loss, loss.Parameters.Aggregate(plain, (o, p) => o.With(p.Parameter, Draw(p.Parameter, u))), pair, columns);
            },
            iter: 50, threads: 1);
    }

    private static void Check(PreferenceLoss loss, LossOptions options, PairLogps pair, PairColumns columns)
    {
        var step = new StepTotals(3, 50);
        var value = loss.Evaluate(options, pair, columns, step);
        using var scope = NewDisposeScope();
        var (chosen, rejected) = (tensor(pair.PolicyChosen, float64, requires_grad: true), tensor(pair.PolicyRejected, float64, requires_grad: true));
        var twin = loss.PerPair(new LossInput<TensorNumber>(new(chosen), new(rejected), pair, columns, step, options)).Tensor;
        twin.backward();
        Near(twin.item<double>(), value.Loss);
        Near(chosen.grad?.item<double>() ?? 0, value.ByChosen);
        Near(rejected.grad?.item<double>() ?? 0, value.ByRejected);
    }

    private static void Near(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-9 + 1e-8 * Math.Abs(expected), $"{expected:R} against {actual:R}");

    /// <summary>A scalar tensor as the number of a formula.</summary>
    private readonly record struct TensorNumber(Tensor Tensor) : ILossNumber<TensorNumber>
    {
        public double Value => Tensor.item<double>();

        public static TensorNumber operator +(TensorNumber a, TensorNumber b) => new(a.Tensor + b.Tensor);

        public static TensorNumber operator +(TensorNumber a, double b) => new(a.Tensor + b);

        public static TensorNumber operator -(TensorNumber a, TensorNumber b) => new(a.Tensor - b.Tensor);

        public static TensorNumber operator -(TensorNumber a, double b) => new(a.Tensor - b);

        public static TensorNumber operator -(TensorNumber a) => new(-a.Tensor);

        public static TensorNumber operator *(TensorNumber a, TensorNumber b) => new(a.Tensor * b.Tensor);

        public static TensorNumber operator *(double a, TensorNumber b) => new(a * b.Tensor);

        public static TensorNumber operator /(TensorNumber a, double b) => new(a.Tensor / b);

        public static TensorNumber Exp(TensorNumber x) => new(x.Tensor.exp());

        public static TensorNumber Sigmoid(TensorNumber x) => new(x.Tensor.sigmoid());

        public static TensorNumber LogSigmoid(TensorNumber x) => new(nn.functional.logsigmoid(x.Tensor));

        public static TensorNumber LogOneMinusExp(TensorNumber x) => new((-x.Tensor.expm1()).log());

        public static TensorNumber Ramp(TensorNumber x) => new(x.Tensor.relu());

        public static TensorNumber AtMost(TensorNumber x, double most) => new(x.Tensor.clamp_max(most));
    }
}
