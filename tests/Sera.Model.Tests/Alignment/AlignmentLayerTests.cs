using System.Reflection;
using System.Reflection.Emit;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

/// <summary>The formulas stand on the base class library alone: by signature, by local variable, and by every instruction of every body.</summary>
public sealed class AlignmentLayerTests
{
    private const string Layer = "Sera.Model.Alignment";

    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    [Fact]
    public void Nothing_in_the_alignment_layer_names_another_part_of_Sera()
    {
        var types = typeof(RunOptions).Assembly.GetTypes().Where(t => Outermost(t).Namespace == Layer).ToArray();
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

    private static Type[] Nested(Type type) => [type, .. type.GetNestedTypes(Everything)];

    private static IEnumerable<Type> References(Type[] types) => types.SelectMany(References);

    private static bool IsForeign(Type type) =>
        Outermost(type).Namespace is { } name && (name.StartsWith("Sera", StringComparison.Ordinal) ? name != Layer
            : !name.StartsWith("System", StringComparison.Ordinal) && !name.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<Type> References(Type type)
    {
        var found = new List<Type?> { type.BaseType };
        found.AddRange(type.GetInterfaces());
        found.AddRange(type.GetFields(Everything).Select(f => f.FieldType));
        found.AddRange(type.GetCustomAttributesData().Select(a => a.AttributeType));
        foreach (var method in type.GetMembers(Everything).OfType<MethodBase>())
        {
            found.AddRange(method.GetParameters().Select(p => p.ParameterType));
            found.Add((method as MethodInfo)?.ReturnType);
            if (method.GetMethodBody() is { } body)
            {
                found.AddRange(body.LocalVariables.Select(v => v.LocalType));
                found.AddRange(Instructions(method, body.GetILAsByteArray()!));
            }
        }
        return found.OfType<Type>().SelectMany(Parts).Distinct();
    }

    private static IEnumerable<Type?> Instructions(MethodBase method, byte[] code)
    {
        var typeArguments = method.DeclaringType is { IsGenericType: true } t ? t.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at];
            var operation = Codes[value];
            at += operation.Size;
            if (operation.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                var member = method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments);
                yield return member as Type ?? member!.DeclaringType;
                foreach (var argument in member is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : [])
                {
                    yield return argument;
                }
            }
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? [type, .. type.GetGenericArguments().SelectMany(Parts)]
        : [type];
}
