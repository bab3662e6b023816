using Akka.Actor;

namespace Sera.Actors.Work;

/// <summary>
/// Two workers that take turns on one device, so that it does not wait: while one brings its result to other nodes and reports it, the other asks for
/// the next order and computes that. Whose turn it is asks and computes; it ends when the computing does. For many threads. See docs/adr/0011.
/// </summary>
internal sealed class DeviceTurn
{
    private readonly Lock _gate = new();
    private readonly HashSet<IActorRef> _workers = [];
    private IActorRef? _holder;

    public void Join(IActorRef worker)
    {
        lock (_gate) _workers.Add(worker);
    }

    /// <returns>Whether it is the worker's turn now: nobody else had it.</returns>
    public bool TryTake(IActorRef worker)
    {
        lock (_gate) return (_holder ??= worker).Equals(worker);
    }

    /// <summary>Ends the worker's turn, if it has it, and tells the others with <see cref="TurnEnded"/>.</summary>
    public void End(IActorRef worker)
    {
        lock (_gate)
        {
            if (!worker.Equals(_holder)) return;
            _holder = null;
            foreach (var other in _workers.Where(other => !other.Equals(worker))) other.Tell(TurnEnded.Instance, worker);
        }
    }
}

/// <summary>Worker to worker, within a process: the device is free. May be lost; a worker with nothing to do looks on every beat.</summary>
internal sealed class TurnEnded : INoSerializationVerificationNeeded
{
    public static readonly TurnEnded Instance = new();
}
