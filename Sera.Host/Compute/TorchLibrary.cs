using System.Runtime.InteropServices;
using Sera.Model.Engine.Native;
using TorchSharp;

namespace Sera.Host.Compute;

/// <summary>The native libtorch: loads it, or says in one line why it does not load.</summary>
internal static class TorchLibrary
{
    private const string Bridge = "LibTorchSharp";

    /// <summary>null when libtorch loads and computes; else what is missing and what to do.</summary>
    public static string? Problem()
    {
        NativeDefaults.Apply(); // has to be there before libtorch is
        try
        {
            using var one = torch.ones(1);
            return one.item<float>() == 1f ? null : "libtorch computes 1 as something else; the installation is damaged";
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return Explain(e.GetBaseException());
        }
    }

    /// <summary>Version of libtorch, such as 2.10.0.</summary>
    public static string Version() => torch.__version__;

    /// <exception cref="TorchMissingException">libtorch does not load.</exception>
    public static void Require()
    {
        if (Problem() is { } problem) throw new TorchMissingException(problem);
    }

    private static string Explain(Exception loading)
    {
        var path = BridgePath();
        if (path is null)
        {
            return $"libtorch is not beside the program ({AppContext.BaseDirectory}); build with -p:SeraTorch=cpu or -p:SeraTorch=cuda";
        }
        var reason = LoadError(path) ?? loading.Message;
        reason = reason.ReplaceLineEndings(" ");
        if (reason.Contains("GLIBCXX", StringComparison.Ordinal) || reason.Contains("CXXABI", StringComparison.Ordinal))
        {
            return $"libtorch does not load: this system's libstdc++ is too old ({reason}); build on this machine, or publish with -p:SeraRelaxLibstdcxx=always";
        }
        return $"libtorch does not load ({reason}); build with -p:SeraTorch=cpu, or install the CUDA driver for -p:SeraTorch=cuda";
    }

    private static string? BridgePath()
    {
        var name = OperatingSystem.IsWindows() ? $"{Bridge}.dll" : OperatingSystem.IsMacOS() ? $"lib{Bridge}.dylib" : $"lib{Bridge}.so";
        return Directory.EnumerateFiles(AppContext.BaseDirectory, name, SearchOption.AllDirectories).FirstOrDefault();
    }

    /// <summary>The system loader's own words, which the managed exception hides.</summary>
    private static string? LoadError(string path)
    {
        try
        {
            NativeLibrary.Free(NativeLibrary.Load(path));
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return e.Message;
        }
    }
}

/// <summary>The native libtorch cannot be used; a matter of the installation, not of the input.</summary>
internal sealed class TorchMissingException(string problem) : Exception(problem);
