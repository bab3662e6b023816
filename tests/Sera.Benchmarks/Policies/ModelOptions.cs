using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Engine.Native;
using static TorchSharp.torch;

namespace Sera.Benchmarks.Policies;

/// <summary>What the model benchmarks have in common.</summary>
internal static class ModelOptions
{
    public static Option<string[]> Shapes() => new("--shapes")
    {
        Description = "stories260K, S1 (15 M parameters), S2 (135 M).",
        HelpName = "name",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["S1"],
    };

    public static Option<string[]> Types() => new("--types")
    {
        Description = "f32, bf16.",
        HelpName = "type",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["f32", "bf16"],
    };

    public static ScalarType TypeOf(string name) => name switch
    {
        "f32" => ScalarType.Float32,
        "bf16" => ScalarType.BFloat16,
        _ => throw new InputException("--types", $"'{name}'", "f32 or bf16", "correct it"),
    };

    /// <summary>On a thread of its own, as all computing is in the product: what a thread's memory allocator keeps is part of what is measured.</summary>
    /// <returns>Milliseconds of each repetition, after one that does not count.</returns>
    public static ImmutableArray<double> Time(int repeats, Action action, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            TorchSettings.EnterThread();
            action();
            var samples = ImmutableArray.CreateBuilder<double>();
            for (var i = 0; i < Math.Max(1, repeats); i++)
            {
                stop.ThrowIfCancellationRequested();
                var clock = Stopwatch.StartNew();
                action();
                samples.Add(clock.Elapsed.TotalMilliseconds);
            }
            return samples.ToImmutable();
        },
        stop, TaskCreationOptions.LongRunning, TaskScheduler.Default).GetAwaiter().GetResult();

    /// <summary>The peak begins anew from what is in use now; what an earlier row left behind is not this one's.</summary>
    public static void ForgetPeak()
    {
        FreedMemory.GiveBack();
        const string forget = "/proc/self/clear_refs";
        if (File.Exists(forget)) File.WriteAllText(forget, "5");
    }

    /// <summary>Of the process since <see cref="ForgetPeak"/>; NaN where it cannot be told.</summary>
    public static double PeakResidentMiB() => ProcessMemory.PeakMiB(Environment.ProcessId);
}
