using System.Runtime.InteropServices;
using Sera.Model.Engine.Native;
using Xunit;

namespace Sera.Model.Tests.Engine;

public sealed class FreedMemoryTests
{
    /// <summary>Blocks of 64 KiB come from an arena; the last of them is kept, so that what lies before it stays there. Tests beside this one take and free memory too.</summary>
    [Fact]
    public unsafe void What_was_freed_is_counted()
    {
        const int count = 8000;
        var blocks = new nint[count];
        for (var i = 0; i < count; i++) blocks[i] = (nint)NativeMemory.Alloc(1 << 16);
        var before = (long)FreedMemory.Free;
        for (var i = 0; i < count - 1; i++) NativeMemory.Free((void*)blocks[i]);
        var freed = (long)FreedMemory.Free - before;
        NativeMemory.Free((void*)blocks[^1]);
        Assert.InRange(freed, 250L << 20, 1000L << 20);
    }
}
