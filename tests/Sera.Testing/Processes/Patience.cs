namespace Sera.Testing.Processes;

/// <summary>Waiting for a condition, with a ceiling that only a broken program reaches.</summary>
internal static class Patience
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <param name="complaint">What to say when it never came true.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan ceiling, Func<string> complaint, CancellationToken cancellation = default)
    {
        var end = DateTime.UtcNow + ceiling;
        while (!await condition())
        {
            if (DateTime.UtcNow > end) throw new TimeoutException(complaint());
            await Task.Delay(Pause, cancellation);
        }
    }
}
