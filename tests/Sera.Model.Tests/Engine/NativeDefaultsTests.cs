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

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Variable(string name);
}
