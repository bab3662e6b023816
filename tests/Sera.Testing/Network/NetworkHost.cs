using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sera.Testing.Network;

/// <summary>One host of a <see cref="PrivateNetwork"/>: processes and sockets can be put into it.</summary>
internal sealed partial record NetworkHost(string Namespace, IPAddress Address)
{
    public const string Card = "net0";

    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    /// <summary>The command, run on this host. It keeps the process id it is started under.</summary>
    public IEnumerable<string> Command(IEnumerable<string> command) => ["ip", "netns", "exec", Namespace, .. command];

    /// <summary>A socket that lives on this host, whoever uses it.</summary>
    public Socket Socket()
    {
        // A socket belongs for good to the network of the thread that made it; the thread ends, so nothing else ever runs there.
        var made = new TaskCompletionSource<Socket>();
        var thread = new Thread(() =>
        {
            try
            {
                Enter();
                made.SetResult(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            }
            catch (Exception e)
            {
                made.SetException(e);
            }
        });
        thread.Start();
        thread.Join();
        return made.Task.GetAwaiter().GetResult();
    }

    private void Enter()
    {
        using var file = File.OpenHandle($"/run/netns/{Namespace}");
        if (EnterNamespace(file, NewNetwork) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"entering {Namespace}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int EnterNamespace(SafeFileHandle handle, int kind);
}
