using Akka.Actor;
using Akka.Serialization;

namespace Sera.Actors.Serialization;

/// <summary>JSON by explicit manifests, for messages and journal alike (docs/wire.md). What it does not know, it refuses.</summary>
public sealed class SeraSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Stored beside every event; never changes.</summary>
    public override int Identifier => 7301;

    public override string Manifest(object o) => Manifests.Of(o);

    public override byte[] ToBinary(object obj) => Manifests.Write(obj);

    public override object FromBinary(byte[] bytes, string manifest) => Manifests.Read(manifest, bytes);
}
