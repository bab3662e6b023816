using System.Collections.Concurrent;
using TorchSharp;

namespace Sera.Model.Models;

/// <summary>
/// Numbers as libtorch takes them, kept alive. TorchSharp makes a native scalar with a finalizer out of every number in an expression such
/// as <c>x * 0.5</c>, and the collector may free it while the native call still reads it: seen as a failed assertion once in some millions
/// of calls, and it could as well be a wrong number. So tensor code names its scalars: a value that recurs is kept here for good, one that
/// changes is a <c>using</c> local. A test walks the compiled code for the other kind.
/// </summary>
internal static class Scalars
{
    private static readonly ConcurrentDictionary<double, Scalar> Reals = new();
    private static readonly ConcurrentDictionary<long, Scalar> Integers = new();

    public static Scalar Zero { get; } = Once(0L);

    public static Scalar One { get; } = Once(1L);

    public static Scalar NegativeInfinity { get; } = Once(double.NegativeInfinity);

    /// <summary>For values of which a process sees few: options, sizes.</summary>
    public static Scalar Kept(double value) => Reals.GetOrAdd(value, Once);

    /// <inheritdoc cref="Kept(double)"/>
    public static Scalar Kept(long value) => Integers.GetOrAdd(value, Once);

    /// <summary>For a value used once; the caller disposes it after the call that reads it.</summary>
    public static Scalar Once(double value) => value;

    /// <inheritdoc cref="Once(double)"/>
    public static Scalar Once(long value) => value;

    /// <summary>0 .. count-1, [count] int64, owned by the caller's scope; torch.arange makes hidden scalars.</summary>
    public static torch.Tensor Range(long count, torch.Device device)
    {
        var values = new long[count];
        for (var i = 0; i < values.Length; i++) values[i] = i;
        return DeviceTensors.Of(values, device);
    }
}
