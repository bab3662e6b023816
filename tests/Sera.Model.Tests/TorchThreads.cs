using System.Runtime.CompilerServices;

namespace Sera.Model.Tests;

/// <summary>Test classes run side by side, each with tensors too small to share out.</summary>
internal static class TorchThreads
{
#pragma warning disable CA2255 // a test assembly is a program of its own
    [ModuleInitializer]
    internal static void One()
    {
        Sera.Model.Engine.Native.NativeDefaults.Apply(); // as the program does, before libtorch is loaded
        TorchSharp.torch.set_num_threads(1);
    }
#pragma warning restore CA2255
}
