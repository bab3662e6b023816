namespace Sera.Actors.Work;

/// <summary>
/// Time as this process lives it: while the machine sleeps or the process is stopped it goes on by one pause at most, and changes of the wall clock
/// do not move it. Otherwise the first look after a night's sleep would find every lease expired, before any of the living workers can renew.
/// </summary>
/// <param name="pause">Longest step between two looks; a process that is awake looks more often.</param>
internal sealed class AwakeClock(TimeProvider clock, TimeSpan pause)
{
    private long _looked = clock.GetTimestamp();
    private DateTimeOffset _now = clock.GetUtcNow();

    public DateTimeOffset Now()
    {
        var timestamp = clock.GetTimestamp();
        var elapsed = clock.GetElapsedTime(_looked, timestamp);
        _looked = timestamp;
        return _now += elapsed < pause ? elapsed : pause;
    }
}
