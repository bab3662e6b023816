using System.Runtime.InteropServices;

namespace Sera.Model.Engine.Native;

/// <summary>
/// What was freed but not given back. glibc keeps freed blocks in an arena for each few threads; what one thread freed is no use to another, so that
/// the memory of a long run grows although nothing more is in use. Giving it back takes milliseconds: worth it when a policy goes, not more often.
/// </summary>
internal static partial class FreedMemory
{
    public static void GiveBack()
    {
        if (OperatingSystem.IsLinux()) _ = Trim(0);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);
}
