using System.Runtime.InteropServices;

namespace Sera.Model.Engine.Native;

/// <summary>
/// What was freed but not given back. glibc keeps freed blocks in an arena for each few threads; what one thread freed is no use to another, so that
/// the memory of a long run grows although nothing more is in use. Giving it back takes milliseconds, and every page that is needed again is a fault:
/// worth it when a policy goes, or when it is much, not more often.
/// </summary>
internal static partial class FreedMemory
{
    /// <summary>Bytes that may be kept: about what a step of 15 million parameters frees, whose time the faults would be seen in.</summary>
    private const nuint Much = 512 << 20;

    private static readonly bool Counts =
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "mallinfo2", out _);

    public static void GiveBack()
    {
        if (OperatingSystem.IsLinux()) _ = Trim(0);
    }

    /// <summary>Bytes in free blocks of all arenas, those included whose pages were given back already; 0 where the system does not count them.</summary>
    internal static nuint Free => Counts ? Count().Freed : 0;

    /// <summary>Where it is much; for the ends of pieces of work, which may each have run on another thread.</summary>
    public static void GiveBackMuch()
    {
        if (Free > Much) GiveBack();
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial Allocations Count();

    /// <summary>mallinfo2 of glibc, of which one number is looked at: bytes in free blocks of all arenas.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 10 * 8)]
    private readonly struct Allocations
    {
        [FieldOffset(8 * 8)]
        public readonly nuint Freed;
    }
}
