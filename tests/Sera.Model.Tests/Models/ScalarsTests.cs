using System.Reflection;
using Sera.Model.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

/// <summary>Scalars says why: a hidden scalar may be collected while libtorch reads it.</summary>
public sealed class ScalarsTests
{
    [Fact]
    public void No_tensor_code_makes_a_hidden_scalar()
    {
        var found = typeof(Scalars).Assembly.GetTypes().Where(type => type != typeof(Scalars)).SelectMany(Hidden).ToArray();
        Assert.Empty(found);
    }

    [Fact]
    public void The_walk_sees_them() => Assert.Equal(
        ["op_Implicit", "op_Multiply", "square", "op_Implicit", "arange"],
        CompiledCode.Members(GetType().GetMethod(nameof(Culprit), BindingFlags.NonPublic | BindingFlags.Static)!).OfType<MethodBase>().Where(MakesScalar).Select(m => m.Name));

    [Fact]
    public void A_kept_scalar_is_the_same_object_each_time()
    {
        Assert.Same(Scalars.Kept(0.25), Scalars.Kept(0.25));
        Assert.Same(Scalars.Kept(3), Scalars.Kept(3));
        using var range = Scalars.Range(3, CPU);
        Assert.Equal([0L, 1L, 2L], range.data<long>().ToArray());
    }

    private static Tensor Culprit(Tensor x) => (x.add(1.5) * 2.0).square() + arange(3, int64);

    private static IEnumerable<string> Hidden(Type type) =>
        from method in type.GetMembers(CompiledCode.Everything).OfType<MethodBase>()
        from called in CompiledCode.Members(method).OfType<MethodBase>()
        where MakesScalar(called)
        select $"{type.FullName}.{method.Name} -> {called.Name}";

    // A number in place of a scalar, a conversion to one, and the functions of TorchSharp that make one inside.
    private static bool MakesScalar(MethodBase called) =>
        called.DeclaringType == typeof(Scalar)
            ? called.Name == "op_Implicit"
            : called.DeclaringType == typeof(Tensor)
                ? called.Name is "square" or "square_" or "pow" or "pow_"
                    || (called.Name.StartsWith("op_", StringComparison.Ordinal) && called.GetParameters().Any(p => p.ParameterType.IsPrimitive))
                : called.DeclaringType == typeof(torch) && called.Name is "arange" or "full" or "linspace" or "pow" or "square";
}
