using CsCheck;
using Sera.Model.Kernels;
using Xunit;

namespace Sera.Model.Tests.Kernels;

public sealed unsafe class ProductKernelTests
{
    private static readonly Gen<(int Rows, int Inputs, int Outputs, bool Narrow, float? Factor)> Shapes =
        Gen.Select(Gen.Int[1, 13], Gen.Int[1, 70], Gen.Int[1, 45], Gen.Bool, Gen.Bool.Select(added => added ? 0.75f : (float?)null));

    [Fact]
    public void Products_of_any_shape_are_the_sums_they_stand_for() => Shapes.Sample(
        shape =>
        {
            var product = new Product(shape.Rows, shape.Inputs, shape.Outputs, shape.Narrow);
            var first = shape.Outputs / 3;
            var y = product.Run(shape.Rows, first, shape.Outputs, shape.Factor);
            for (var row = 0; row < shape.Rows; row++)
            {
                for (var o = 0; o < shape.Outputs; o++)
                {
                    var expected = o < first ? Product.Before : shape.Factor is { } f ? Product.Before + (f * product.Sum(row, o)) : product.Sum(row, o);
                    Assert.Equal(expected, y[row * shape.Outputs + o], 1e-4);
                }
                Assert.All(y[(shape.Rows * shape.Outputs)..], rest => Assert.Equal(Product.Before, rest));
            }
        },
        iter: 200);

    [Fact]
    public void A_row_is_the_same_bits_whatever_stands_beside_it_and_wherever_the_outputs_are_cut() => Shapes.Sample(
        shape =>
        {
            var product = new Product(shape.Rows, shape.Inputs, shape.Outputs, shape.Narrow);
            var whole = product.Run(shape.Rows, 0, shape.Outputs, shape.Factor);
            var cut = shape.Outputs / 32 * 16;
            for (var rows = 1; rows < shape.Rows; rows++)
            {
                var fewer = product.Run(rows, 0, cut, shape.Factor);
                var others = product.Run(rows, cut, shape.Outputs, shape.Factor);
                for (var i = 0; i < rows * shape.Outputs; i++) Assert.Equal(whole[i], (i % shape.Outputs < cut ? fewer : others)[i]);
            }
        },
        iter: 100);

    /// <summary>x and W by a formula, W in one of the storages.</summary>
    private sealed class Product
    {
        public const float Before = 0.5f;
        private readonly float[] _x;
        private readonly byte[] _w;
        private readonly int _inputs, _outputs;
        private readonly bool _narrow;

        public Product(int rows, int inputs, int outputs, bool narrow)
        {
            (_inputs, _outputs, _narrow) = (inputs, outputs, narrow);
            _x = [.. Enumerable.Range(0, rows * inputs).Select(i => MathF.Sin(i * 1.7f))];
            _w = new byte[outputs * inputs * 4];
            fixed (byte* w = _w)
            {
                for (var i = 0; i < outputs * inputs; i++)
                {
                    if (narrow) Bf16.Set(w, i, MathF.Cos(i * 0.9f));
                    else F32.Set(w, i, MathF.Cos(i * 0.9f));
                }
            }
        }

        public double Sum(int row, int output)
        {
            fixed (byte* w = _w)
            {
                var sum = 0.0;
                for (var i = 0; i < _inputs; i++)
                    sum += (double)_x[row * _inputs + i] * (_narrow ? Bf16.Get(w, output * _inputs + i) : F32.Get(w, output * _inputs + i));
                return sum;
            }
        }

        /// <returns>[rows, outputs], and some numbers after it that nobody may touch.</returns>
        public float[] Run(int rows, int first, int end, float? factor)
        {
            var y = new float[rows * _outputs + 16];
            Array.Fill(y, Before);
            fixed (float* px = _x, py = y)
            fixed (byte* pw = _w)
            {
                if (_narrow) ProductKernel.Multiply<Bf16>(px, rows, _inputs, pw, _inputs, py, _outputs, first, end, factor);
                else ProductKernel.Multiply<F32>(px, rows, _inputs, pw, _inputs, py, _outputs, first, end, factor);
            }
            return y;
        }
    }
}
