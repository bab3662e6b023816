using System.Runtime.InteropServices;
using Sera.Model.Engine.Native;
using Xunit;

namespace Sera.Model.Tests.Engine;

public sealed class MklVectorsTests
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

    [Fact]
    public unsafe void What_MKL_asks_is_answered_for_the_whole_process_where_it_has_to_be()
    {
        if (!MklVectors.Enable()) return; // MKL takes AVX-512 by itself here, or there is none
        // The main program stands for all that was loaded for everybody; libtorch, which has a function of this name too, was not.
        var function = (delegate* unmanaged<int>)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "mkl_serv_intel_cpu_true");
        Assert.Equal(1, function());
    }
}
