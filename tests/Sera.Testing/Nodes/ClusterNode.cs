using System.Diagnostics;
using Sera.Testing.Processes;

namespace Sera.Testing.Nodes;

/// <summary>
/// One `sera node` process and its supervisor, which starts it again whenever it ended, as compose and Kubernetes do. Safe to be called from
/// several threads.
/// </summary>
internal sealed class ClusterNode(NodeSetup setup) : IAsyncDisposable
{
    // Long enough that a node that cannot start does not spin, short enough that nobody waits for it.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<int> _exitCodes = [];
    private Process? _process;
    private CancellationTokenSource? _supervised;
    private Task _supervisor = Task.CompletedTask;

    public NodeSetup Setup { get; } = setup;

    public string Name => Setup.Name;

    public bool Running
    {
        get
        {
            lock (_gate) return _process is { HasExited: false };
        }
    }

    /// <summary>null while it does not run. In a private network, of the program that put it there.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_gate) return _process is { HasExited: false } process ? process.Id : null;
        }
    }

    /// <summary>How it ended, each time it did; 137 is a kill.</summary>
    public IReadOnlyList<int> ExitCodes
    {
        get
        {
            lock (_gate) return [.. _exitCodes];
        }
    }

    /// <summary>Starts it, and starts it again until told not to.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_supervised is { IsCancellationRequested: false }) return;
            Directory.CreateDirectory(Setup.Folder);
            _supervised = new CancellationTokenSource();
            _supervisor = SuperviseAsync(_supervisor, _supervised.Token);
        }
    }

    /// <summary>From now on its end is final. What runs goes on running.</summary>
    public void LeaveAlone()
    {
        lock (_gate) _supervised?.Cancel();
    }

    /// <summary>kill -9.</summary>
    public void Kill() => Send(Signals.Kill);

    /// <summary>It stands still where it is.</summary>
    public void Stop() => Send(Signals.Stop);

    public void Continue() => Send(Signals.Continue);

    /// <summary>Asks it to leave.</summary>
    public void Terminate() => Send(Signals.Terminate);

    /// <summary>Asks it to leave for good.</summary>
    /// <param name="patience">It is killed after this.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> LeaveAsync(TimeSpan patience)
    {
        LeaveAlone();
        Continue();
        Terminate();
        await Task.WhenAny(_supervisor, Task.Delay(patience));
        Kill();
        await _supervisor;
        return ExitCodes.LastOrDefault();
    }

    public async ValueTask DisposeAsync()
    {
        LeaveAlone();
        Kill();
        await _supervisor;
    }

    private void Send(int signal)
    {
        lock (_gate)
        {
            if (_process is { HasExited: false } process) Signals.Send(process.Id, signal);
        }
    }

    private async Task SuperviseAsync(Task earlier, CancellationToken until)
    {
        await earlier;
        while (!until.IsCancellationRequested)
        {
            Process process;
            lock (_gate)
            {
                // Looked at again under the lock: who says that its end is final then kills it, and must not miss one that starts.
                if (until.IsCancellationRequested) return;
                process = _process = LoggedProcess.Start(Setup.Log, Setup.Secrets, Command());
            }
            await process.WaitForExitAsync(CancellationToken.None);
            var exitCode = process.ExitCode;
            lock (_gate)
            {
                _exitCodes.Add(exitCode);
                _process = null;
            }
            process.Dispose();
            await File.AppendAllTextAsync(Setup.Log, $"-- ended with {exitCode} at {DateTime.UtcNow:u}\n", CancellationToken.None);
            await Task.WhenAny(Task.Delay(Pause, until));
        }
    }

    private IEnumerable<string> Command()
    {
        string[] command = ["dotnet", SeraProcess.Program, .. Setup.Arguments];
        return Setup.Network?.Command(command) ?? command;
    }
}
