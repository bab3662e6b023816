using System.Reflection;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

/// <summary>The formulas stand on the base class library alone: by signature, by local variable, and by every instruction of every body.</summary>
public sealed class AlignmentLayerTests
{
    private const string Layer = "Sera.Model.Alignment";

    [Fact]
    public void Nothing_in_the_alignment_layer_names_another_part_of_Sera()
    {
        var types = typeof(RunOptions).Assembly.GetTypes().Where(t => IsLayer(Outermost(t).Namespace)).ToArray();
        Assert.Contains(typeof(PreferenceBootstrap), types);
        var foreign = types.SelectMany(t => References(t).Where(IsForeign).Select(r => $"{t.FullName} -> {r.FullName}")).Distinct();
        Assert.Empty(foreign);
    }

    [Fact]
    public void The_walk_sees_calls_signatures_and_locals()
    {
        Assert.Contains(typeof(PreferenceLosses), References(typeof(ImplicitReward)));
        Assert.Contains(typeof(PairLogps), References(typeof(Margins)));
        Assert.Contains(typeof(Math), References(Nested(typeof(PreferenceBootstrap))));
        Assert.True(IsForeign(typeof(Model.Data.InputException)) && IsForeign(typeof(TorchSharp.torch.Tensor)));
    }

    private static Type[] Nested(Type type) => [type, .. type.GetNestedTypes(CompiledCode.Everything)];

    private static IEnumerable<Type> References(Type[] types) => types.SelectMany(References);

    private static bool IsForeign(Type type) =>
        Outermost(type).Namespace is { } name && (name.StartsWith("Sera", StringComparison.Ordinal) ? !IsLayer(name)
            : !name.StartsWith("System", StringComparison.Ordinal) && !name.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));

    private static bool IsLayer(string? name) => name == Layer || name?.StartsWith(Layer + ".", StringComparison.Ordinal) == true;

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<Type> References(Type type)
    {
        var found = new List<Type?> { type.BaseType };
        found.AddRange(type.GetInterfaces());
        found.AddRange(type.GetFields(CompiledCode.Everything).Select(f => f.FieldType));
        found.AddRange(type.GetCustomAttributesData().Select(a => a.AttributeType));
        foreach (var method in type.GetMembers(CompiledCode.Everything).OfType<MethodBase>())
        {
            found.AddRange(method.GetParameters().Select(p => p.ParameterType));
            found.Add((method as MethodInfo)?.ReturnType);
            if (method.GetMethodBody() is { } body)
            {
                found.AddRange(body.LocalVariables.Select(v => v.LocalType));
                found.AddRange(Instructions(method));
            }
        }
        return found.OfType<Type>().SelectMany(Parts).Distinct();
    }

    private static IEnumerable<Type?> Instructions(MethodBase method)
    {
        foreach (var member in CompiledCode.Members(method))
        {
            yield return member as Type ?? member.DeclaringType;
            foreach (var argument in member is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : [])
            {
                yield return argument;
            }
        }
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? [type, .. type.GetGenericArguments().SelectMany(Parts)]
        : [type];
}
