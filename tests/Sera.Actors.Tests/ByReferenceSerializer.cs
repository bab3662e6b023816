using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Serialization;

namespace Sera.Actors.Tests;

/// <summary>
/// Lets messages that the journal plugin sends to itself pass under serialize-messages = on; they hold tasks and were never meant for a wire.
/// </summary>
public sealed class ByReferenceSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private static readonly ConcurrentDictionary<Guid, object> Passing = [];

    public override int Identifier => 7399;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj)
    {
        var ticket = Guid.NewGuid();
        Passing[ticket] = obj;
        return ticket.ToByteArray();
    }

    public override object FromBinary(byte[] bytes, Type type) =>
        Passing.TryRemove(new Guid(bytes), out var passing) ? passing : throw new InvalidOperationException("passed before");
}
