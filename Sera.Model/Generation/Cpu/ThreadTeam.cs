using System.Runtime.ExceptionServices;

namespace Sera.Model.Generation.Cpu;

/// <summary>
/// Threads that do one piece of work side by side and meet in its middle a hundred times a token: libtorch's and .NET's ways of spreading a loop cost
/// more than the loop. The caller is one of them. They spin while they wait, for a little, then give their core away. Not safe for several callers.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    private const int SpinsBeforeYield = 2_000;
    private const int YieldsBeforeSleep = 50;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim[] _wake;
    private readonly Thread[] _others;
    private Action<int>? _work;
    private Exception? _failure;
    private volatile int _ticket;
    private volatile int _phase;
    private volatile bool _broken;
    private volatile bool _closed;
    private int _arrived;
    private int _busy;

    public ThreadTeam(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Size = size;
        _wake = [.. Enumerable.Range(1, size - 1).Select(_ => new SemaphoreSlim(0))];
        _others = [.. Enumerable.Range(1, size - 1).Select(i => new Thread(() => Serve(i)) { IsBackground = true, Name = $"sera-decode-{i}" })];
        foreach (var thread in _others) thread.Start();
    }

    public int Size { get; }

    /// <summary>Does the work on every thread; returns when all have ended it.</summary>
    /// <param name="work">Given the number of its thread. The first exception of any comes out here.</param>
    public void Run(Action<int> work)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (Size == 1)
        {
            work(0);
            return;
        }
        (_work, _failure, _broken, _arrived) = (work, null, false, 0);
        Volatile.Write(ref _busy, Size - 1);
        _ticket++;
        foreach (var wake in _wake)
            if (wake.CurrentCount == 0) wake.Release();
        Try(0);
        for (var i = 0; Volatile.Read(ref _busy) != 0; i++) Pause(i);
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Where every thread of the work waits for the others; what they wrote before it is seen after it.</summary>
    public void Meet()
    {
        if (Size == 1) return;
        var phase = _phase;
        if (Interlocked.Increment(ref _arrived) == Size)
        {
            _arrived = 0;
            _phase = phase + 1;
            return;
        }
        for (var i = 0; _phase == phase && !_broken; i++) Pause(i);
        if (_phase == phase) throw new OperationCanceledException("another thread of the team failed");
    }

    /// <summary>The part of a thread of a range in pieces of <paramref name="grain"/>.</summary>
    public (long First, long End) Part(int thread, long count, long grain = 1)
    {
        var pieces = (count + grain - 1) / grain;
        return (Math.Min(count, pieces * thread / Size * grain), Math.Min(count, pieces * (thread + 1) / Size * grain));
    }

    public void Dispose()
    {
        _closed = true;
        foreach (var wake in _wake) wake.Release();
        foreach (var thread in _others) thread.Join();
        foreach (var wake in _wake) wake.Dispose();
    }

    private void Serve(int index)
    {
        var seen = 0;
        while (true)
        {
            for (var i = 0; _ticket == seen && !_closed && i < SpinsBeforeYield; i++) Thread.SpinWait(8);
            for (var i = 0; _ticket == seen && !_closed && i < YieldsBeforeSleep; i++) Thread.Yield();
            while (_ticket == seen && !_closed) _wake[index - 1].Wait();
            if (_closed) return;
            seen = _ticket;
            Try(index);
            Interlocked.Decrement(ref _busy);
        }
    }

    private void Try(int thread)
    {
        try
        {
            _work!(thread);
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                if (_failure is null or OperationCanceledException) _failure = e;
            }
            _broken = true;
        }
    }

    private static void Pause(int waited)
    {
        if (waited < SpinsBeforeYield) Thread.SpinWait(2);
        else Thread.Yield();
    }
}
