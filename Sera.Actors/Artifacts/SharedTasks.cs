using System.Collections.Concurrent;

namespace Sera.Actors.Artifacts;

/// <summary>Does a thing once for all who want it at the same time; each may stop waiting without stopping it. For many threads.</summary>
internal sealed class SharedTasks<T>
{
    private readonly ConcurrentDictionary<string, Lazy<Task<T>>> _running = new(StringComparer.Ordinal);

    public Task<T> RunAsync(string key, Func<Task<T>> start)
    {
        var mine = new Lazy<Task<T>>(() => Task.Run(start));
        var shared = _running.GetOrAdd(key, mine);
        if (ReferenceEquals(shared, mine))
        {
            _ = mine.Value.ContinueWith(
                _ => _running.TryRemove(KeyValuePair.Create(key, mine)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        return shared.Value;
    }
}
