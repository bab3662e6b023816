using System.Runtime.InteropServices;
using Sera.Model.Engine.Native;
using Xunit;

namespace Sera.Model.Tests.Engine;

public sealed partial class NativeDefaultsTests
{
    [Fact]
    public void Native_code_sees_how_long_its_threads_shall_spin()
    {
        if (!OperatingSystem.IsLinux()) return; // other systems have no libgomp
        NativeDefaults.Apply();
        Assert.NotEqual(0, Variable(Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null ? "GOMP_SPINCOUNT" : "OMP_WAIT_POLICY"));
    }

    [Fact]
    public unsafe void A_large_block_is_not_mapped_for_itself()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_MMAP_MAX_") is not null) return;
        NativeDefaults.Apply();
        var block = (ulong*)NativeMemory.Alloc(100 << 20);
        try
        {
            // glibc keeps a block's size before it, with "mapped" as bit 1.
            Assert.Equal(0ul, block[-1] & 2);
        }
        finally
        {
            NativeMemory.Free(block);
        }
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Variable(string name);
}
