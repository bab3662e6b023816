using System.Runtime.InteropServices;

namespace Sera.Model.Engine.Native;

/// <summary>
/// What is settled for the whole process before libtorch is loaded, where its own defaults are made for a program that does nothing else
/// (ADR 0015; what each brings: docs/results.md). What the user has set by environment variables is left alone.
/// </summary>
public static partial class NativeDefaults
{
    /// <summary>
    /// Turns that a waiting thread of libgomp spins before it sleeps. By default 300,000, some milliseconds: longer than the kernels of
    /// <see cref="Kernels"/> take between two of libtorch's operations, and on the core that they would have used.
    /// </summary>
    private const string Spins = "3000";

    private static readonly Lazy<bool> Done = new(Settle);

    /// <summary>Once a process; before the first tensor.</summary>
    public static void Apply() => _ = Done.Value;

    private static bool Settle()
    {
        MklVectors.Enable();
        if (!OperatingSystem.IsLinux()) return true;
        // .NET's own copy of the environment does not reach native code.
        if (!IsSet("OMP_WAIT_POLICY") && !IsSet("GOMP_SPINCOUNT"))
        {
            _ = SetVariable("OMP_WAIT_POLICY", "active", overwrite: 1);
            _ = SetVariable("GOMP_SPINCOUNT", Spins, overwrite: 1);
        }
        return true;
    }

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is not null;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
