using System.Runtime.InteropServices;
using Sera.Model.Engine.Native;
using Xunit;

namespace Sera.Model.Tests.Engine;

public sealed class OneSymbolLibraryTests
{
    [Fact]
    public unsafe void The_loader_takes_it_and_its_function_returns_1()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return; // other systems never use it
        var path = Path.Combine(Path.GetTempPath(), $"sera-{Guid.NewGuid():N}.so");
        File.WriteAllBytes(path, OneSymbolLibrary.Returning1("some_question"));
        try
        {
            var library = NativeLibrary.Load(path);
            var function = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "some_question");
            Assert.Equal(1, function());
            Assert.False(NativeLibrary.TryGetExport(library, "some_other_question", out _));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
